using System.Threading.Channels;
using Exeunt.Feed;
using Exeunt.Guard;
using Exeunt.Sessions;
using Exeunt.Storage;
using Exeunt.Storage.Journal;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Exeunt.Jobs;

/// <summary>
/// The one reader of the revocation log. What this process ends wakes it at once, what others end (the command line beside a running server, another node)
/// when the ledger says that there is news; the log itself is the truth. It fills this node's index and the feed that guards follow, and tells the browsers that are concerned. Before the server
/// listens, it takes in all that the ledger holds.
/// </summary>
internal sealed partial class NewsReader(ILedgerStore store, RevocationIndex index, RevocationFeed feed, SessionStreams streams, ILogger<NewsReader> log, LedgerOutage? outage = null) : BackgroundService
{
    private const int PageSize = 1000;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5); // a wait for news ends after a second; one that hangs in the network must not keep endings back

    // Room for one ring: whoever rings while it is full will be read along.
    private readonly Channel<bool> bell = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private readonly SemaphoreSlim reading = new(1, 1);
    private string epoch = "";
    private long last;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await CatchUpAsync(cancellationToken);
        }
        catch (LedgerUnavailableException unavailable) when (outage is { IsAway: true })
        {
            NoNews(unavailable); // a start without the ledger: the index holds what this node remembers, and the rest comes before anybody is let in
        }

        await base.StartAsync(cancellationToken);
    }

    public override void Dispose()
    {
        reading.Dispose();
        base.Dispose();
    }

    /// <summary>This process has appended to the log. Cheap, and never blocks.</summary>
    public void Ring() => bell.Writer.TryWrite(true);

    /// <summary>Reads the log on from where it was left. What this process ended itself is already in the index, which changes nothing.</summary>
    public async Task CatchUpAsync(CancellationToken ct)
    {
        await reading.WaitAsync(ct); // one at a time, so that the feed is in the log's order
        try
        {
            var asked = store.Clock.GetUtcNow();
            if (epoch != store.Epoch) await BeginAsync(ct);
            while (await store.RevocationsAfterAsync(last, PageSize, ct) is { Count: > 0 } page)
            {
                if (page[0].Epoch != feed.Newest.Epoch)
                {
                    await BeginAsync(ct); // it changed just now
                    break;
                }

                index.Apply(page);
                feed.Publish(page);
                streams.Tell(page);
                last = page[^1].Sequence; // after all of it: failing between them reads a page again
                if (page.Count < PageSize) break;
            }

            feed.ReadAt(asked);
        }
        finally
        {
            reading.Release();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            var others = store.WaitForNewsAsync(stoppingToken).AsTask();
            while (true)
            {
                var own = bell.Reader.WaitToReadAsync(stoppingToken).AsTask();
                await Task.WhenAny(own, others, Task.Delay(LongestWait, store.Clock, stoppingToken));
                bell.Reader.TryRead(out _); // before reading: who rings from now on is heard again
                await TryCatchUpAsync(others.IsCompleted ? others : null, stoppingToken);
                if (others.IsCompleted) others = store.WaitForNewsAsync(stoppingToken).AsTask();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    private async Task TryCatchUpAsync(Task? others, CancellationToken ct)
    {
        try
        {
            if (others is not null) await others;
            await CatchUpAsync(ct);
        }
        catch (Exception failure) when (!ct.IsCancellationRequested)
        {
            // Whatever it was, also a cancellation that nobody here asked for: a server that stopped for it would refuse everybody's logout.
            NoNews(failure);
            await Task.Delay(Pause, store.Clock, ct);
        }
    }

    // All that the ledger of this life holds goes into the index; the feed begins at its end, and readers of before come back for the snapshot.
    private async Task BeginAsync(CancellationToken ct)
    {
        var of = store.Epoch;
        var place = await store.RevocationPlaceAsync(ct);
        long read = 0;
        while (await store.RevocationsAfterAsync(read, PageSize, ct) is { Count: > 0 } page)
        {
            index.Apply(page);
            read = page[^1].Sequence;
            if (page.Count < PageSize) break;
        }

        last = Math.Max(place.Sequence, read);
        epoch = of;
        feed.Begin(place with { Sequence = last });
    }

    [LoggerMessage(1421, LogLevel.Warning, "The ledger cannot be read: endings of other processes are not known here yet")]
    private partial void NoNews(Exception failure);
}
