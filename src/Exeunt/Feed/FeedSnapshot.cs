using Exeunt.Protocol.Feed;
using Exeunt.Protocol.Revocations;
using Exeunt.Storage;

namespace Exeunt.Feed;

/// <summary>
/// All that is in force, packed once and sent to every reader who needs it. It may be a little old: what came after it, the reader is sent afterwards.
/// </summary>
internal sealed class FeedSnapshot(ILedgerStore store) : IDisposable
{
    private const int PageSize = 1000;
    private static readonly TimeSpan LongestUse = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim building = new(1, 1);
    private volatile Built? built;

    /// <summary>The snapshot's events and the place to which they bring a reader.</summary>
    public async ValueTask<Built> GetAsync(string epoch, CancellationToken ct)
    {
        if (built is { } ready && IsGood(ready, epoch)) return ready;
        await building.WaitAsync(ct);
        try
        {
            if (built is { } meanwhile && IsGood(meanwhile, epoch)) return meanwhile;
            return built = await BuildAsync(ct);
        }
        finally
        {
            building.Release();
        }
    }

    public void Dispose() => building.Dispose();

    private bool IsGood(Built one, string epoch) => one.Place.Epoch == epoch && store.Clock.GetElapsedTime(one.At) < LongestUse;

    private async Task<Built> BuildAsync(CancellationToken ct)
    {
        var at = store.Clock.GetTimestamp();
        var now = store.Clock.GetUtcNow();
        var place = await store.RevocationPlaceAsync(ct); // before the rows: all up to here are among them
        var events = new List<byte[]>();
        var part = new List<Revocation>(SnapshotPart.MostRevocations);
        long last = 0;
        IReadOnlyList<Revocation> page;
        do
        {
            page = await store.RevocationsAfterAsync(last, PageSize, ct);
            foreach (var revocation in page)
            {
                last = revocation.Sequence;
                if (revocation.Expires <= now) continue;
                part.Add(revocation);
                if (part.Count < SnapshotPart.MostRevocations) continue;
                events.Add(Pack(events.Count + 1, part, place: null));
                part.Clear();
            }
        }
        while (page.Count == PageSize);

        place = place with { Sequence = Math.Max(place.Sequence, last) };
        events.Add(Pack(events.Count + 1, part, place));
        return new(place, events, at);
    }

    private static byte[] Pack(int number, IReadOnlyList<Revocation> part, FeedPlace? place) =>
        FeedEvent.Encode(FeedEvents.Snapshot, place, new SnapshotPart(number, place is not null, part).ToUtf8());

    /// <summary>A snapshot that is ready to be sent.</summary>
    /// <param name="Place">Where a reader stands who has taken it in.</param>
    /// <param name="Events">Its parts as events; the last one carries the place as its id.</param>
    /// <param name="At">When it was begun, by the ledger clock's timestamp.</param>
    public sealed record Built(FeedPlace Place, IReadOnlyList<byte[]> Events, long At);
}
