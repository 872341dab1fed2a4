using Exeunt.Jobs;
using Exeunt.Protocol.Feed;
using Exeunt.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Exeunt.Feed;

/// <summary>
/// Sends the heartbeat. It reads the log first: a node that is cut off from its ledger goes on beating, but with an <c>as_of</c> that stands still, so that
/// nobody feels fresh because of it.
/// </summary>
internal sealed partial class FeedHeart(RevocationFeed feed, NewsReader news, LedgerClock clock, ILogger<FeedHeart> log) : BackgroundService
{
    private static readonly TimeSpan LongestRead = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(FeedEvents.HeartbeatEvery, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await LookAsync(stoppingToken);
                feed.Beat();
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    private async Task LookAsync(CancellationToken ct)
    {
        try
        {
            // A read that hangs must not stop the beat; it goes on by itself, and tells the feed when it is done.
            await news.CatchUpAsync(ct).WaitAsync(LongestRead, clock, ct);
        }
        catch (Exception failure) when (!ct.IsCancellationRequested)
        {
            // Whatever it was: a heart that stood still would cut off every guard, and a server that stopped for it would refuse everybody's logout.
            NotFresh(failure);
        }
    }

    [LoggerMessage(1901, LogLevel.Warning, "The revocation log cannot be read: guards are told that this server's knowledge ages")]
    private partial void NotFresh(Exception failure);
}
