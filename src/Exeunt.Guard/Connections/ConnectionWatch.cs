using Microsoft.Extensions.Hosting;

namespace Exeunt.Guard.Connections;

/// <summary>Looks at the open connections whenever revocations were applied, and once a second for tokens that have expired.</summary>
internal sealed class ConnectionWatch(LiveConnections connections, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(WatchEndingsAsync(stoppingToken), WatchExpiryAsync(stoppingToken));

    private async Task WatchEndingsAsync(CancellationToken ct)
    {
        try
        {
            while (true)
            {
                await connections.RungAsync().WaitAsync(ct);
                connections.EndRevoked();
            }
        }
        catch (OperationCanceledException)
        {
            // The API stops.
        }
    }

    private async Task WatchExpiryAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(Second, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(ct)) connections.EndExpired();
        }
        catch (OperationCanceledException)
        {
            // The API stops.
        }
    }
}
