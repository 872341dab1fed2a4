using Exeunt.Audit;
using Exeunt.Jobs;
using Exeunt.Storage;
using Microsoft.Extensions.Logging;

namespace Exeunt.Keys;

/// <summary>
/// Lets keys live their lives: every minute it makes what is due, drops what is done with and takes over what the command line has changed. Any number of
/// processes may run it over one folder. When a round fails, the keys in memory stay good.
/// </summary>
public sealed partial class RotateKeys(KeyRing ring, Ledger ledger, ILogger<RotateKeys> log) : IJob
{
    /// <inheritdoc/>
    public string Name => "keys";

    /// <inheritdoc/>
    public TimeSpan Every => TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    public bool IsOfNode => true;

    /// <inheritdoc/>
    public async Task RunOnceAsync(CancellationToken ct)
    {
        var changes = ring.Advance(ledger.Clock.GetUtcNow());
        foreach (var change in changes) Changed(change.Key, change.What);
        await RecordAsync(ledger, Actor.Job("key rotation"), changes);
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

    [LoggerMessage(1801, LogLevel.Information, "Key {Key}: {What}")]
    private partial void Changed(string key, string what);
}
