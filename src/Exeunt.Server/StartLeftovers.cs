using System.Runtime.InteropServices;

namespace Exeunt.Server;

/// <summary>
/// Gives back to the machine what only the start needed. The collector would do so when it runs for the first time, which on an idle server may be never: what
/// it lets a process gather before is a matter of the processor's cache, and on some that is as much as everything else that the server holds. What the compiler
/// and the database have freed the C library keeps for later.
/// </summary>
internal sealed class StartLeftovers(IHostApplicationLifetime lifetime) : BackgroundService
{
    // After the first answers, which nothing may hold up.
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(2);

    // On an idle server the compiler has let go by then of what it worked with: it does when it has had nothing to do for some seconds.
    private static readonly TimeSpan LongRest = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken);
        await Task.Delay(Rest, stoppingToken);
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        if (!OperatingSystem.IsLinux()) return;
        await Task.Delay(LongRest, stoppingToken);
        TrimHeap();
    }

    private static void TrimHeap()
    {
        try
        {
            _ = MallocTrim(0);
        }
        catch (Exception other) when (other is DllNotFoundException or EntryPointNotFoundException)
        {
            // A C library without this call, such as musl.
        }
    }

    [DllImport("libc.so.6", EntryPoint = "malloc_trim")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int MallocTrim(nuint padding);
}
