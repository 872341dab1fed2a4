using Exeunt.Audit;
using Exeunt.Storage;

namespace Exeunt.Postgres;

/// <summary>
/// A database that was put back from an older copy, or a standby that took over without the last commits, has forgotten endings. This node remembers how far
/// the log had come and the endings that still matter; it gives the ledger a new epoch, so that everybody who follows the log notices, and writes back what
/// was lost. Several nodes may do so one after the other; each writes back what the others did not know.
/// </summary>
internal static class RolledBack
{
    /// <summary>Begins a new epoch and says how many revocations were written back.</summary>
    public static async Task<int> TakeBackAsync(Writer writer, NodeMemory remembered)
    {
        var held = remembered.Revocations.OrderBy(revocation => revocation.Sequence).ToList();
        var takenBack = await writer.CommitAsync(
            [
                async transaction =>
                {
                    if (transaction is not PostgresTransaction ledger) return; // nothing to foresee: the ledger is taken alone
                    var still = held.FindAll(revocation => revocation.Expires > ledger.Now);
                    var before = ledger.Epoch;
                    await ledger.BeginEpochAsync(Opening.RandomName(), remembered.Sequence);
                    foreach (var revocation in still) ledger.Append(revocation);
                    await ledger.MarkFromAsync(still);
                    ledger.Append(new AuditEntry
                    {
                        At = ledger.Now,
                        Action = AuditActions.StateRolledBack,
                        By = Actor.Job("ledger"),
                        Count = ledger.Appended.Count,
                        Detail = $"epoch {before} has lost what was read of {remembered.Epoch} up to {remembered.Sequence}; epoch {ledger.Epoch} begins",
                    });
                },
            ],
            [.. held.Select(revocation => revocation.Event)],
            alone: true);
        return takenBack.Count;
    }
}
