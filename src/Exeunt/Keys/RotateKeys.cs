using Exeunt.Audit;
using Exeunt.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Exeunt.Keys;

/// <summary>
/// The job that lets keys live their lives: every minute it makes what is due, drops what is done with and takes over what the command line has changed.
/// Each step is idempotent, so any number of processes may run it over one folder.
/// </summary>
public sealed partial class RotateKeys(KeyRing ring, Ledger ledger, ILogger<RotateKeys> log) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    /// <summary>Brings the keys forward to the present ledger time and records what changed.</summary>
    public async Task<IReadOnlyList<KeyChange>> RunOnceAsync()
    {
        var changes = ring.Advance(ledger.Clock.GetUtcNow());
        await RecordAsync(ledger, Actor.Job("key rotation"), changes);
        return changes;
    }

    /// <summary>Writes changes of keys into the audit trail.</summary>
    public static async Task RecordAsync(Ledger ledger, Actor by, IReadOnlyList<KeyChange> changes)
    {
        if (changes.Count == 0) return;
        await ledger.RunAsync(transaction =>
        {
            foreach (var change in changes)
                transaction.Append(new AuditEntry { At = transaction.Now, Action = AuditActions.KeyChanged, By = by, Detail = $"{change.Key}: {change.What}" });
            return new ValueTask<bool>(true);
        });
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, ledger.Clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) await TryRunOnceAsync();
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    private async Task TryRunOnceAsync()
    {
        try
        {
            foreach (var change in await RunOnceAsync()) Changed(change.Key, change.What);
        }
        catch (Exception failure) when (failure is IOException or InvalidDataException or UnauthorizedAccessException or LedgerUnavailableException)
        {
            // The keys in memory stay good; the next minute tries again.
            Failed(failure);
        }
    }

    [LoggerMessage(1301, LogLevel.Information, "Key {Key}: {What}")]
    private partial void Changed(string key, string what);

    [LoggerMessage(1302, LogLevel.Error, "The keys could not be brought forward")]
    private partial void Failed(Exception exception);
}
