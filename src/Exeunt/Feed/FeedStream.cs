using System.Buffers;
using System.IO.Pipelines;
using Exeunt.Http;
using Exeunt.Protocol.Feed;
using Exeunt.Storage;

namespace Exeunt.Feed;

/// <summary>Sends one reader first what it has missed, then what happens, until either side leaves.</summary>
internal sealed class FeedStream(RevocationFeed feed, FeedSnapshot snapshots, ILedgerStore store, ConnectedGuards guards)
{
    private const int PageSize = 1000;
    private const int MostInOneWrite = 64;

    /// <summary>Runs until the token is cancelled.</summary>
    /// <param name="to">Where events are written.</param>
    /// <param name="from">Where the reader stands; null for nowhere.</param>
    /// <param name="isWelcome">Asked from time to time whether to go on.</param>
    /// <param name="ct">Cancelled when the reader leaves or the server stops.</param>
    /// <exception cref="SlowReaderException">The reader does not keep up.</exception>
    public async Task RunAsync(PipeWriter to, FeedPlace? from, Func<CancellationToken, ValueTask<bool>> isWelcome, CancellationToken ct)
    {
        var seat = await CatchUpAsync(to, from, ct);
        foreach (var one in seat.Pending) to.Write(one.Bytes);

        var batch = new List<FeedEvent>(MostInOneWrite);
        var isGreeted = false;
        while (true)
        {
            var next = feed.NextAsync(); // asked first: what comes between the two lines is heard
            var known = feed.AsOf;
            if (!feed.TryRead(seat, batch, out var reached)) throw new SlowReaderException();
            foreach (var one in batch) to.Write(one.Bytes);

            // A new reader need not wait five seconds to know that it is fresh.
            if (reached is not null && !isGreeted)
            {
                to.Write(feed.HeartbeatAt(reached, known).Bytes);
                if (guards.AreFew) to.Write(FeedEvent.AckUpTo(reached).Bytes); // what was asked for while it caught up, it has not heard
                isGreeted = true;
            }

            await to.FlushToReaderAsync(store.Clock, ct);
            if (reached is null) continue;
            await next.WaitAsync(ct);
            if (!await isWelcome(ct)) return;
        }
    }

    private async Task<FeedSeat> CatchUpAsync(PipeWriter to, FeedPlace? from, CancellationToken ct)
    {
        while (true)
        {
            if (from is not null && feed.Join(from) is { } seat) return seat;
            from = from is not null && feed.FirstFor(from) is { } first ? await SendLogAsync(to, from, first, ct) : await SendSnapshotAsync(to, ct);
        }
    }

    // What lies between the reader and the ring. Rows that were purged there leave holes; so the ring's beginning is where a reader of all rows stands.
    private async Task<FeedPlace?> SendLogAsync(PipeWriter to, FeedPlace from, FeedPlace first, CancellationToken ct)
    {
        var page = await store.RevocationsAfterAsync(from.Sequence, PageSize, ct);
        foreach (var revocation in page)
        {
            if (revocation.Epoch != from.Epoch) return null; // another life began meanwhile: it needs the snapshot
            to.Write(FeedEvent.Of(revocation, withId: true).Bytes);
        }

        await to.FlushToReaderAsync(store.Clock, ct);
        var last = page is [.., var end] ? end.Sequence : from.Sequence;
        return new(from.Epoch, page.Count < PageSize ? Math.Max(last, first.Sequence) : last);
    }

    private async Task<FeedPlace> SendSnapshotAsync(PipeWriter to, CancellationToken ct)
    {
        var snapshot = await snapshots.GetAsync(feed.Newest.Epoch, ct);
        foreach (var part in snapshot.Events)
        {
            to.Write(part);
            await to.FlushToReaderAsync(store.Clock, ct);
        }

        await feed.ComeToAsync(snapshot.Place, ct); // it is read from the ledger, which can be a moment ahead of the ring
        return snapshot.Place;
    }
}
