using Exeunt.Guard;
using Exeunt.Storage;
using Exeunt.Storage.Journal;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Exeunt.Jobs;

/// <summary>
/// Brings into this node's index what other processes have ended: the command line beside a running server, another node. Before the server listens, it
/// takes in all that the ledger holds.
/// </summary>
internal sealed partial class NewsReader(ILedgerStore store, RevocationIndex index, ILogger<NewsReader> log, LedgerOutage? outage = null) : BackgroundService
{
    private const int PageSize = 1000;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

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

    /// <summary>Reads the log on from where it was left. What this process ended itself is read again, which changes nothing.</summary>
    public async Task CatchUpAsync(CancellationToken ct)
    {
        while (await store.RevocationsAfterAsync(last, PageSize, ct) is { Count: > 0 } page)
        {
            index.Apply(page);
            last = page[^1].Sequence; // after Apply: dying between the two reads a page again
            if (page.Count < PageSize) return;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await store.WaitForNewsAsync(stoppingToken);
                await CatchUpAsync(stoppingToken);
            }
            catch (LedgerUnavailableException unavailable)
            {
                NoNews(unavailable);
                await Task.Delay(Pause, store.Clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException)
            {
                return; // the server stops
            }
        }
    }

    [LoggerMessage(1421, LogLevel.Warning, "The ledger cannot be read: endings of other processes are not known here yet")]
    private partial void NoNews(Exception failure);
}
