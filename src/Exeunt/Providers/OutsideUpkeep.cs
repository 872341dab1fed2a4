using System.Threading.Channels;
using Exeunt.Feed;
using Exeunt.Guard;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Exeunt.Providers;

/// <summary>
/// What the ledger should know of outside sessions and no request should wait for: that one was used, and that a token of an ended one was refused. As long as
/// a provider that was not told goes on minting tokens, the ending must be remembered; so each refusal prolongs it.
/// </summary>
internal sealed partial class OutsideUpkeep(Ledger ledger, RevocationIndex index, RevocationFeed feed, MirrorSession mirror, ILogger<OutsideUpkeep> log) : BackgroundService
{
    private const int MostWaiting = 1_000;
    private const int MostRemembered = 10_000;

    // An ending lives for days at least, so an hour more or less is nothing to it.
    private static readonly TimeSpan ProlongEvery = TimeSpan.FromHours(1);

    // What does not fit is left out: the next request brings it again.
    private readonly Channel<Func<Task>> waiting = Channel.CreateBounded<Func<Task>>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });

    private readonly Lock gate = new();
    private readonly Dictionary<(string Issuer, string Session), DateTimeOffset> prolonged = [];

    /// <summary>A session was used.</summary>
    public void Used(SessionId session) => waiting.Writer.TryWrite(() => RecordUseAsync(session));

    /// <summary>A token was refused because its session has ended.</summary>
    public void Refused(OutsideToken token)
    {
        if (IsDue(token) && !waiting.Writer.TryWrite(() => ProlongAsync(token))) IsNotDone(token);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var work in waiting.Reader.ReadAllAsync(stoppingToken)) await TryAsync(work);
        }
        catch (OperationCanceledException)
        {
            // The server stops. Nothing is lost that the next use or refusal would not bring again.
        }
    }

    private async Task TryAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception failure)
        {
            // Whatever it was: what nobody waits for must not stop the server, nor what waits behind it.
            lock (gate) prolonged.Clear(); // the next refusal tries again
            Postponed(log, failure);
        }
    }

    private bool IsDue(OutsideToken token)
    {
        var now = ledger.Clock.GetUtcNow();
        lock (gate)
        {
            if (prolonged.TryGetValue((token.Issuer, token.Session), out var last) && now - last < ProlongEvery) return false;
            if (prolonged.Count >= MostRemembered) prolonged.Clear();
            prolonged[(token.Issuer, token.Session)] = now;
            return true;
        }
    }

    private void IsNotDone(OutsideToken token)
    {
        lock (gate) prolonged.Remove((token.Issuer, token.Session));
    }

    private Task<bool> RecordUseAsync(SessionId id) => ledger.RunAsync(async transaction =>
    {
        var now = transaction.Now;
        if (await transaction.SessionAsync(id) is not { } session || now - session.LastSeenAt < MirrorSession.SeenEvery) return false;
        if (session.Judge(await transaction.CutOffOverAsync(session), now) is not null) return false;
        transaction.Update(session with { LastSeenAt = now });
        return true;
    });

    private async Task ProlongAsync(OutsideToken token)
    {
        if (await ledger.RunAsync(transaction => ProlongAsync(transaction, token)) is not { } longer) return;
        index.Apply(longer);
        feed.Announce(longer); // it keeps its place in the log, so nobody would read it there again
    }

    /// <summary>
    /// Prolongs what ended this one session. If that was a cut-off, the session gets a revocation of its own under the same ending: prolonging the cut-off would
    /// lock out everyone whose sessions tell no age.
    /// </summary>
    private async ValueTask<Revocation?> ProlongAsync(ILedgerTransaction transaction, OutsideToken token)
    {
        var now = transaction.Now;
        if (await transaction.SessionByOutsideIdAsync(token.Issuer, token.Session) is not { } session) return null;
        if (session.Judge(await transaction.CutOffOverAsync(session), now) is not { } end || end.Event == default) return null;

        var until = now + mirror.LifetimeOf(token.Issuer) + RevocationRules.Margin;
        var point = transaction.Append(new Revocation
        {
            Event = end.Event,
            Scope = RevocationScope.Session,
            Issuer = token.Issuer,
            Key = token.Session,
            At = end.At,
            Reason = end.Reason,
            Expires = until,
        });
        if (point.Expires >= until) return null; // appended just now, and announced as every revocation is
        transaction.Prolong(point, until);
        return point with { Expires = until };
    }

    [LoggerMessage(1403, LogLevel.Warning, "The use or the refusal of an outside session could not be recorded; the next one will be")]
    private static partial void Postponed(ILogger log, Exception failure);
}
