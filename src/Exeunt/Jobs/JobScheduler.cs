using Exeunt.Audit;
using Exeunt.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Exeunt.Jobs;

/// <summary>Runs every job in its own rhythm while the server runs, and signs a last checkpoint when it stops.</summary>
internal sealed partial class JobScheduler(IEnumerable<IJob> jobs, SignCheckpoint sign, ILedgerStore store, ILogger<JobScheduler> log) : BackgroundService
{
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            // What was written since the last one cannot be cut away unseen while the server is down.
            await sign.HandleAsync();
        }
        catch (LedgerUnavailableException unavailable)
        {
            NoLastCheckpoint(unavailable);
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(jobs.Select(job => RunAsync(job, stoppingToken)));

    private async Task RunAsync(IJob job, CancellationToken ct)
    {
        using var timer = new PeriodicTimer(job.First, store.Clock);
        try
        {
            while (await timer.WaitForNextTickAsync(ct))
            {
                if (timer.Period != job.Every) timer.Period = job.Every;
                try
                {
                    // What another node is doing is being done: nothing is waited for.
                    await using var taken = job.IsOfNode ? null : await store.TryTakeJobAsync(job.Name, ct);
                    if (job.IsOfNode || taken is not null) await job.RunOnceAsync(ct);
                }
                catch (Exception failure) when (failure is not OperationCanceledException || !ct.IsCancellationRequested)
                {
                    RoundFailed(job.Name, failure); // the next round finds all of it again
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    [LoggerMessage(1401, LogLevel.Error, "Job {Job}: this round failed; the next one goes on")]
    private partial void RoundFailed(string job, Exception failure);

    [LoggerMessage(1402, LogLevel.Warning, "The last checkpoint of the audit trail could not be signed")]
    private partial void NoLastCheckpoint(Exception failure);
}
