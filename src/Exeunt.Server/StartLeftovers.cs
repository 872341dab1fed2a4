namespace Exeunt.Server;

/// <summary>
/// Gives back to the machine what only the start needed. The collector would do so when it runs for the first time, which on an idle server may be never: what
/// it lets a process gather before is a matter of the processor's cache, and on some that is as much as everything else that the server holds.
/// </summary>
internal sealed class StartLeftovers(IHostApplicationLifetime lifetime) : BackgroundService
{
    // After the first answers, which nothing may hold up.
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken);
        await Task.Delay(Rest, stoppingToken);
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }
}
