using Exeunt.Protocol.Feed;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Storage;

namespace Exeunt.Feed;

/// <summary>
/// The newest events of the feed in a ring, each serialised once, from which every stream copies at its own pace. One reader of the log fills it
/// (<see cref="Publish"/>); what is in force and not in the log is announced beside it (<see cref="Announce"/>). A stream that the ring has left behind is
/// cut: nothing is ever kept for a slow reader.
/// </summary>
public sealed class RevocationFeed(LedgerClock clock, ConnectedGuards guards)
{
    private const int Capacity = 16_384;

    private readonly Lock gate = new();
    private readonly FeedEvent[] ring = new FeedEvent[Capacity];
    private readonly Dictionary<(EventId, RevocationScope, string, string), Pending> pending = [];
    private volatile TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long end; // events ever put into the ring; it holds those since start
    private long start;
    private FeedPlace newest = new("none", 0);
    private long before; // the place that a reader must have come to for the ring to hold everything after it
    private DateTimeOffset asOf;

    /// <summary>How far the log has come.</summary>
    public FeedPlace Newest
    {
        get
        {
            lock (gate) return newest;
        }
    }

    /// <summary>When the log was last read with success, ledger time: everything that was ended before it is known here.</summary>
    public DateTimeOffset AsOf
    {
        get
        {
            lock (gate) return asOf;
        }
    }

    /// <summary>Starts at this place, for a ledger that was just opened or begins another life. Streams of before end.</summary>
    public void Begin(FeedPlace at)
    {
        lock (gate)
        {
            start = end += Capacity + 1; // no stream's place is in the ring any more
            (newest, before) = (at, at.Sequence);
        }

        Wake();
    }

    /// <summary>Takes in what follows in the log, in its order.</summary>
    public void Publish(IReadOnlyList<Revocation> page)
    {
        var isAckWanted = guards.AreFew;
        DateTimeOffset? oldest = null;
        lock (gate)
        {
            foreach (var revocation in page)
            {
                if (revocation.Sequence <= newest.Sequence) continue;
                newest = new(revocation.Epoch, revocation.Sequence);
                if (!(oldest <= revocation.At)) oldest = revocation.At;
                pending.Remove(KeyOf(revocation));
                Put(FeedEvent.Of(revocation, withId: true));
            }

            if (isAckWanted)
            {
                if (oldest is { } decided) guards.Asked.Add(newest.Epoch, newest.Sequence, decided);
                Put(FeedEvent.AckUpTo(newest));
            }
        }

        Wake();
    }

    /// <summary>
    /// Tells every reader of a revocation outside the log's order: one that could not be written to it yet, or one that was prolonged at its place. The former
    /// is told to new readers, too, until the log brings it.
    /// </summary>
    public void Announce(Revocation revocation)
    {
        var told = FeedEvent.Of(revocation, withId: false);
        lock (gate)
        {
            if (revocation.Sequence == 0) pending[KeyOf(revocation)] = new(told, revocation.Expires);
            Put(told);
        }

        Wake();
    }

    /// <summary>Asks every reader how far it enforces, however many there are.</summary>
    public void AskForAcknowledgements()
    {
        lock (gate) Put(FeedEvent.AckUpTo(newest));
        Wake();
    }

    /// <summary>The log was read to its end; what was ended before this instant is known.</summary>
    public void ReadAt(DateTimeOffset instant)
    {
        lock (gate) asOf = instant > asOf ? instant : asOf;
    }

    /// <summary>Sends a heartbeat to everybody.</summary>
    public void Beat()
    {
        lock (gate)
        {
            var now = clock.GetUtcNow(); // never before asOf, which would be to know the future
            foreach (var gone in pending.Where(p => p.Value.Expires < now).Select(p => p.Key).ToList()) pending.Remove(gone);
            Put(FeedEvent.Of(new Heartbeat(newest, now, asOf, Sent)));
        }

        Wake();
    }

    /// <summary>The present heartbeat, for a reader that has come to this place.</summary>
    /// <param name="place">Where it stands.</param>
    /// <param name="known"><see cref="AsOf"/> of before it was brought there: what was read since, it has not been sent.</param>
    internal FeedEvent HeartbeatAt(FeedPlace place, DateTimeOffset known) => FeedEvent.Of(new Heartbeat(place, clock.GetUtcNow(), known, Sent));

    private long Sent => (long)clock.GetElapsedTime(0).TotalMilliseconds;

    /// <summary>Finds where in the ring a reader goes on who has come to this place; null when the ring does not hold everything after it.</summary>
    internal FeedSeat? Join(FeedPlace from)
    {
        lock (gate)
        {
            if (from.Epoch != newest.Epoch || from.Sequence < before || from.Sequence > newest.Sequence) return null;
            var next = end; // the first revocation that the reader does not have; old heartbeats before it are nobody's business any more
            for (var at = end - 1; at >= start; at--)
            {
                var sequence = ring[at % Capacity].Sequence;
                if (sequence > from.Sequence) next = at;
                else if (sequence > 0) break;
            }

            return new(next, [.. pending.Values.Select(p => p.Event)]);
        }
    }

    /// <summary>The place from which on the ring holds everything, if the reader is of this epoch and not ahead of it; null when it needs a snapshot.</summary>
    internal FeedPlace? FirstFor(FeedPlace? from)
    {
        lock (gate) return from is not null && from.Epoch == newest.Epoch && from.Sequence <= newest.Sequence ? newest with { Sequence = before } : null;
    }

    /// <summary>Copies what comes next for a seat and moves it. False when the ring has left it behind.</summary>
    /// <param name="seat">Where the stream stands.</param>
    /// <param name="batch">Cleared and filled, up to its capacity.</param>
    /// <param name="reached">The place that the stream has come to when nothing is left for it now; else null.</param>
    internal bool TryRead(FeedSeat seat, List<FeedEvent> batch, out FeedPlace? reached)
    {
        batch.Clear();
        lock (gate)
        {
            reached = null;
            if (seat.Next < start) return false;
            while (seat.Next < end && batch.Count < batch.Capacity) batch.Add(ring[seat.Next++ % Capacity]);
            if (seat.Next == end) reached = newest;
            return true;
        }
    }

    /// <summary>Completes when the log has been read up to this place, or has begun another life.</summary>
    internal async Task ComeToAsync(FeedPlace place, CancellationToken ct)
    {
        while (true)
        {
            var next = NextAsync(); // asked first: what comes between the two lines is heard
            if (Newest is var now && (now.Epoch != place.Epoch || now.Sequence >= place.Sequence)) return;
            await next.WaitAsync(ct);
        }
    }

    /// <summary>Completes when something is put into the ring after this call.</summary>
    internal Task NextAsync() => changed.Task;

    private void Put(FeedEvent one)
    {
        if (end - start == Capacity && ring[start++ % Capacity].Sequence is > 0 and var evicted) before = evicted;
        ring[end++ % Capacity] = one;
    }

    private void Wake() => Interlocked.Exchange(ref changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    private static (EventId, RevocationScope, string, string) KeyOf(Revocation revocation) => (revocation.Event, revocation.Scope, revocation.Issuer, revocation.Key);

    private sealed record Pending(FeedEvent Event, DateTimeOffset Expires);
}

/// <summary>Where one stream stands in the ring.</summary>
/// <param name="next">The number of the event that it reads next.</param>
/// <param name="pending">What it must be told besides.</param>
internal sealed class FeedSeat(long next, IReadOnlyList<FeedEvent> pending)
{
    public long Next { get; set; } = next;

    public IReadOnlyList<FeedEvent> Pending => pending;
}
