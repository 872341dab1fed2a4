using System.Security.Cryptography;
using Exeunt.Audit;
using Exeunt.Hosting;
using Exeunt.Keys;
using Exeunt.Storage;
using Microsoft.Extensions.Logging;

namespace Exeunt.Jobs;

/// <summary>
/// Deletes audit entries that are older than their retention, up to a signed checkpoint, which becomes the anchor: what is left verifies as before, and the
/// cut itself is an entry. A trail that does not fit its checkpoints is left as it is, because it is evidence.
/// </summary>
public sealed partial class CutAudit(Ledger ledger, SigningKeys keys, ExeuntOptions options, ILogger<CutAudit> log) : IJob
{
    private const int BatchSize = 100;

    /// <inheritdoc/>
    public string Name => "audit retention";

    /// <inheritdoc/>
    public TimeSpan Every => TimeSpan.FromHours(6);

    /// <inheritdoc/>
    public TimeSpan First => TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    public async Task RunOnceAsync(CancellationToken ct)
    {
        var checkpoints = await CheckpointTrail.ReadAsync(ledger.Reads, keys, ct);
        if (checkpoints.Break is { } broken)
        {
            NotCut(broken.What);
            return;
        }

        if (checkpoints.NewestAt(ledger.Clock.GetUtcNow() - options.Retention.Audit) is not { } checkpoint) return;

        var heads = await ledger.Reads.AuditHeadsAsync(ct);
        foreach (var signed in checkpoint.Heads)
        {
            if (heads.FirstOrDefault(h => h.Chain == signed.Chain) is { } head && head.AnchorNumber < signed.Number) await CutAsync(signed, ct);
        }
    }

    private async Task CutAsync(SignedHead signed, CancellationToken ct)
    {
        var last = await ledger.Reads.AuditChainAsync(signed.Chain, signed.Number - 1, 1, ct);
        if (last is not [var record] || record.Number != signed.Number || !CryptographicOperations.FixedTimeEquals(record.Hash, signed.Hash))
        {
            NotCut($"Entry {signed.Number} of chain {signed.Chain} is not the one that was signed.");
            return;
        }

        var deleted = await ledger.RunJobAsync(transaction =>
        {
            transaction.Append(new AuditEntry
            {
                At = transaction.Now,
                Action = AuditActions.RetentionCut,
                By = Actor.Job("audit retention"),
                Detail = new RetentionNote(signed.Chain, signed.Number).ToString(),
            });
            return transaction.DeleteAuditAsync(signed.Chain, signed.Number, BatchSize);
        });
        while (deleted > 0 && !ct.IsCancellationRequested) deleted = await ledger.RunJobAsync(transaction => transaction.DeleteAuditAsync(signed.Chain, signed.Number, BatchSize));
    }

    [LoggerMessage(1411, LogLevel.Error, "The audit trail does not verify and is not cut: {What}")]
    private partial void NotCut(string what);
}
