using Exeunt.Guard.Feed;
using Microsoft.Extensions.Hosting;

namespace Exeunt.Guard.Hosting;

/// <summary>Forgets what has expired each minute, and saves what is new twice as often and when the API stops.</summary>
internal sealed class GuardUpkeep(RevocationIndex index, GuardClock time, GuardFile file, TimeProvider clock) : BackgroundService
{
    /// <summary>Time between two saves: so much older than need be is what a guard starts with after a crash.</summary>
    public static readonly TimeSpan SaveEvery = TimeSpan.FromSeconds(30);

    private const int SavesPerTrim = 2;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        file.Save();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(SaveEvery, clock);
        try
        {
            for (var round = 1; await timer.WaitForNextTickAsync(stoppingToken); round++)
            {
                if (round % SavesPerTrim == 0) index.RemoveExpired(time.Forgetting);
                file.Save();
            }
        }
        catch (OperationCanceledException)
        {
            // The API stops.
        }
    }
}
