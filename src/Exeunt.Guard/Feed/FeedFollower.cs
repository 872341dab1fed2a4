using Exeunt.Protocol.Feed;
using Exeunt.Protocol.Revocations;

namespace Exeunt.Guard.Feed;

/// <summary>
/// What becomes of each event. It only ever adds to the index: events that come twice, late, or of another life of the ledger take nothing back. Whatever
/// could mean that something was missed ends the stream, so that the next one closes the gap; until then the guard does not become fresh.
/// </summary>
internal sealed class FeedFollower(RevocationIndex index, Freshness freshness, GuardClock time, GuardMetrics metrics, TimeProvider clock, int mostEntries)
{
    // What a server prolonged at its place while nobody listened comes only with a snapshot; twice a day is often, as such endings live for days.
    private static readonly TimeSpan SnapshotEvery = TimeSpan.FromHours(12);

    private readonly Lock gate = new();
    private readonly Lateness lateness = new(clock);
    private FeedPlace? place;
    private long? snapshotAt;
    private bool wantsSnapshot = true;
    private bool isFirst;
    private int parts;
    private DateTimeOffset beaten;

    /// <summary>Where it stands; null before the first snapshot.</summary>
    public FeedPlace? Place
    {
        get
        {
            lock (gate) return place;
        }
    }

    /// <summary>The place to resume from; null to be given the snapshot.</summary>
    public FeedPlace? ResumeFrom
    {
        get
        {
            lock (gate) return wantsSnapshot || (snapshotAt is { } at && clock.GetElapsedTime(at) > SnapshotEvery) ? null : place;
        }
    }

    /// <summary>Goes on from what a file remembered.</summary>
    public void Restore(FeedPlace remembered)
    {
        lock (gate) (place, wantsSnapshot, snapshotAt) = (remembered, false, clock.GetTimestamp());
    }

    /// <summary>A new stream is about to be asked for.</summary>
    public void Begin()
    {
        lock (gate)
        {
            (isFirst, parts, beaten) = (true, 0, DateTimeOffset.MinValue);
            lateness.Begin();
        }
    }

    /// <summary>Takes one event.</summary>
    /// <param name="name">Its name; those that are not known are left alone.</param>
    /// <param name="id">Its id, if it has one.</param>
    /// <param name="data">Its data.</param>
    /// <returns>The place to acknowledge when the server asks for that; else null.</returns>
    /// <exception cref="FeedBrokenException">The stream must not be followed any further.</exception>
    public FeedPlace? Take(string name, string? id, ReadOnlySpan<byte> data)
    {
        lock (gate)
        {
            switch (name)
            {
                case FeedEvents.Revocation:
                    TakeRevocation(id, data);
                    return null;
                case FeedEvents.Snapshot:
                    TakeSnapshot(id, data);
                    return null;
                case FeedEvents.Heartbeat:
                    TakeHeartbeat(data);
                    return null;
                case FeedEvents.Ack:
                    return place; // whatever was asked for: what is enforced here is what can be acknowledged
                default:
                    return null;
            }
        }
    }

    private void TakeRevocation(string? id, ReadOnlySpan<byte> data)
    {
        // A scope that a newer server knows is unreadable, too: what cannot be enforced must not be passed over in silence.
        if (!RevocationJson.TryRead(data, out var revocation)) throw new FeedBrokenException("A revocation cannot be read.");
        var at = revocation.Sequence == 0 ? null : new FeedPlace(revocation.Epoch, revocation.Sequence);
        if (id is { Length: > 0 } && id != at?.ToString()) throw new FeedBrokenException("The id of an event is not its place.");

        Apply(revocation);
        if (id is not { Length: > 0 }) return;
        metrics.Propagated((time.Server ?? clock.GetUtcNow()) - revocation.At);
        if (place is null || at!.Epoch != place.Epoch) throw Lost("The feed speaks of another life of the ledger.");
        if (at.Sequence <= place.Sequence) return; // again, or late

        // After resuming, places that were purged in between are missing; later on, a missing one means that something was lost.
        if (!isFirst && revocation.Previous > place.Sequence) throw new FeedBrokenException("An event is missing.");
        (place, isFirst) = (at, false);
    }

    private void TakeSnapshot(string? id, ReadOnlySpan<byte> data)
    {
        if (!SnapshotPart.TryRead(data, out var part) || part.Part != parts + 1) throw Lost("A snapshot cannot be read.");
        FeedPlace? at = null;
        if (part.IsLast && !FeedPlace.TryParse(id, out at)) throw Lost("A snapshot does not say where it stands.");

        foreach (var revocation in part.Revocations) Apply(revocation);
        parts = part.Part;
        if (at is null) return;
        (place, wantsSnapshot, snapshotAt, isFirst, parts) = (at, false, clock.GetTimestamp(), true, 0);
    }

    private void TakeHeartbeat(ReadOnlySpan<byte> data)
    {
        if (!Heartbeat.TryRead(data, out var beat)) throw new FeedBrokenException("A heartbeat cannot be read.");
        if (place is null || wantsSnapshot || beat.Newest.Epoch != place.Epoch) throw Lost("The feed speaks of another life of the ledger.");
        if (beat.Time < beaten) throw new FeedBrokenException("The server's time goes backwards.");
        if (beat.AsOf > beat.Time) throw new FeedBrokenException("The server claims to know the future.");
        if (beat.Newest.Sequence < place.Sequence) throw new FeedBrokenException("The feed claims to go backwards.");
        if (beat.Newest.Sequence > place.Sequence && !isFirst) throw new FeedBrokenException("Events are missing.");

        (place, beaten, isFirst) = (beat.Newest, beat.Time, false);
        time.ServerSays(beat.Time);
        var late = lateness.Of(TimeSpan.FromMilliseconds(beat.Sent ?? beat.Time.ToUnixTimeMilliseconds()));
        freshness.KnownWithAge(beat.Time - beat.AsOf + late);
        if (late > FeedEvents.StaleAfter) throw new FeedBrokenException("Something on the way keeps events back.");
    }

    private void Apply(Revocation revocation)
    {
        if (index.Count >= mostEntries) throw new FeedBrokenException("There are more revocations than this guard has room for.");
        index.Apply(revocation);
    }

    private FeedBrokenException Lost(string why)
    {
        wantsSnapshot = true;
        return new(why);
    }
}
