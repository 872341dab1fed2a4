using Exeunt.Guard;
using Exeunt.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Exeunt.Jobs;

/// <summary>
/// Brings into this node's index what other processes have ended: the command line beside a running server, another node. Before the server listens, it
/// takes in all that the ledger holds.
/// </summary>
internal sealed partial class NewsReader(ILedgerStore store, RevocationIndex index, ILogger<NewsReader> log) : BackgroundService
{
    private const int PageSize = 1000;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private long last;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await CatchUpAsync(cancellationToken);
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
            catch (OperationCanceledException)
            {
                return; // the server stops
            }
            catch (Exception failure)
            {
                // Whatever it was: a server that stopped for it would refuse everybody's logout.
                NoNews(failure);
                await Task.Delay(Pause, store.Clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    [LoggerMessage(1421, LogLevel.Warning, "The ledger cannot be read: endings of other processes are not known here yet")]
    private partial void NoNews(Exception failure);
}
