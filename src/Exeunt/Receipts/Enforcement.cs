using Exeunt.Audit;
using Exeunt.Feed;
using Exeunt.Hosting;
using Exeunt.Keys;
using Exeunt.Protocol.Feed;
using Exeunt.Protocol.Ids;
using Exeunt.Revocations;
using Exeunt.Storage;
using Microsoft.AspNetCore.Http;

namespace Exeunt.Receipts;

/// <summary>
/// What every answer to an ending passes before it is sent. The ending is durable by then; what waits here is the answer, so that normally no request sent after
/// it is accepted anywhere. While few guards follow it waits for their acknowledgements for a moment; if the caller asked for a receipt, for as long as was asked.
/// </summary>
/// <param name="guards">Who follows.</param>
/// <param name="feed">What they are told.</param>
/// <param name="store">Where endings stand in the log.</param>
/// <param name="keys">Sign receipts.</param>
/// <param name="rules">Name the issuer.</param>
/// <param name="options">How long to wait.</param>
/// <param name="stopwatch">Real time: how long a guard takes has nothing to do with ledger time.</param>
internal sealed class Enforcement(
    ConnectedGuards guards, RevocationFeed feed, ILedgerStore store, SigningKeys keys, RevocationRules rules, ExeuntOptions options, TimeProvider stopwatch)
{
    // Receipts may take seconds, and each asks all guards; beyond this many at a time, answers go out without one.
    private const int MostReceipts = 256;

    private int receipts;

    /// <summary>Waits until an ending is enforced, as far as the settings and the caller want. It never fails: what has ended has ended.</summary>
    /// <param name="http">The request; an applied preference is named in its answer.</param>
    /// <param name="outcome">How the ending went; null for nothing.</param>
    /// <returns>The receipt, if one was asked for and the ending is in the log; else null.</returns>
    public async Task<string?> ConfirmAsync(HttpContext http, EndOutcome? outcome)
    {
        // What is in the journal has no place in the log yet, so nobody can acknowledge it; its answer says so in its warning.
        if (outcome is not (EndOutcome.Ended { Warning: null } or EndOutcome.AlreadyEnded)) return null;
        if (WaitPreference.Of(http.Request) is not { } seconds)
        {
            await SettleAsync(outcome, http.RequestAborted);
            return null;
        }

        try
        {
            if (Interlocked.Increment(ref receipts) > MostReceipts)
            {
                await SettleAsync(outcome, http.RequestAborted);
                return null;
            }

            var receipt = await ReceiptAsync(outcome, TimeSpan.FromSeconds(seconds), http.RequestAborted);
            http.Response.Headers["Preference-Applied"] = $"wait={seconds}";
            return receipt;
        }
        catch (LedgerUnavailableException)
        {
            return null; // it went away after the ending; that one is recorded, and the answer must not deny it
        }
        catch (OperationCanceledException)
        {
            return null; // the caller has left
        }
        finally
        {
            Interlocked.Decrement(ref receipts);
        }
    }

    /// <summary>The short wait alone, for endings that come along with something else and have no receipt: a theft, a replaced session.</summary>
    /// <remarks>A guard that lets the time run out costs it once: until it has acknowledged again, no answer waits for it.</remarks>
    public async Task SettleAsync(EndOutcome outcome, CancellationToken ct)
    {
        if (outcome is EndOutcome.Ended { Sequence: > 0 } ended) await SettleAsync(new FeedPlace(store.Epoch, ended.Sequence), ct);
    }

    /// <summary>The same for what ends no session by itself, such as the revocation of a key.</summary>
    public async Task SettleAsync(FeedPlace place, CancellationToken ct)
    {
        if (!guards.AreFew || options.Endings.WaitForGuards == TimeSpan.Zero) return;
        var awaited = guards.All.Where(guard => !guard.IsLagging).ToList();
        if (awaited.Count == 0 || await AreAllThereAsync(awaited, place, options.Endings.WaitForGuards, ct) || ct.IsCancellationRequested) return;
        foreach (var guard in awaited) guard.GiveUpAt(place);
    }

    private async Task<string> ReceiptAsync(EndOutcome outcome, TimeSpan longest, CancellationToken ct)
    {
        var started = stopwatch.GetTimestamp();

        // Where an older ending stands nobody needs to know: whoever enforces the whole log enforces it.
        var (id, count, place) = outcome switch
        {
            EndOutcome.Ended { Sequence: > 0 } ended => (ended.Event, ended.Count, new FeedPlace(store.Epoch, ended.Sequence)),
            EndOutcome.Ended ended => (ended.Event, ended.Count, await store.RevocationPlaceAsync(ct)),
            EndOutcome.AlreadyEnded before => (before.How.Event, 0, await store.RevocationPlaceAsync(ct)),
            _ => throw new ArgumentOutOfRangeException(nameof(outcome)),
        };
        var followed = guards.All;
        if (followed.Count > 0) await AskAndWaitAsync(place, longest, ct);

        // Those that are there now, as one that has come back meanwhile is on another stream; and those that told and have left since.
        var newest = await store.CheckpointsAsync(before: null, limit: 1, ct);
        var present = guards.All;
        var here = present.Select(guard => guard.Key).ToHashSet();
        return new LogoutReceipt
        {
            Issuer = rules.OwnIssuer,
            At = store.Clock.GetUtcNow(),
            Place = place,
            Event = id == default(EventId) ? null : id,
            Ended = count,
            Acknowledged = [.. followed.Where(guard => !here.Contains(guard.Key)).Concat(present).Where(guard => guard.HasAcknowledged(place))],
            Lagging = [.. present.Where(guard => !guard.HasAcknowledged(place))],
            Unreachable = guards.Lost,
            Waited = stopwatch.GetElapsedTime(started),
            Checkpoint = newest is [var checkpoint] ? CheckpointStatement.HashOf(checkpoint.Jws) : null,
        }.Sign(keys.Current);
    }

    // A guard that has come to this place without being asked for an acknowledgement, or when there were too many guards to ask, is asked now.
    private async Task AskAndWaitAsync(FeedPlace place, TimeSpan longest, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(longest, stopwatch);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        try
        {
            while (true)
            {
                var next = feed.NextAsync();
                if (feed.Newest is var newest && (newest.Epoch != place.Epoch || newest.Sequence >= place.Sequence)) break;
                await next.WaitAsync(either.Token);
            }

            if (!guards.All.All(guard => guard.HasAcknowledged(place)) && longest > TimeSpan.Zero)
            {
                guards.Want(place);
                feed.AskForAcknowledgements();
            }

            await AreAllThereAsync(guards.All, place, withNewcomers: true, either.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // The time is over; the receipt tells who is missing.
        }
    }

    private async Task<bool> AreAllThereAsync(IReadOnlyCollection<ConnectedGuard> awaited, FeedPlace place, TimeSpan longest, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(longest, stopwatch);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        try
        {
            await AreAllThereAsync(awaited, place, withNewcomers: false, either.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task AreAllThereAsync(IEnumerable<ConnectedGuard> awaited, FeedPlace place, bool withNewcomers, CancellationToken ct)
    {
        using var patience = guards.AwaitAll();
        var missing = awaited.ToList();
        while (true)
        {
            var next = guards.NextAsync(); // asked first: who acknowledges between the two lines is heard
            missing.RemoveAll(IsThere);
            if (missing.Count == 0 && withNewcomers) missing.AddRange(guards.All.Where(guard => !IsThere(guard))); // also one that has come back on another stream
            if (missing.Count == 0) return;
            await next.WaitAsync(ct);
        }

        bool IsThere(ConnectedGuard guard) => guard.HasAcknowledged(place) || !guards.IsConnected(guard);
    }
}
