using Exeunt.Audit;
using Exeunt.Sqlite.Files;
using Exeunt.Sqlite.Rows;
using Exeunt.Storage;

namespace Exeunt.Sqlite;

/// <summary>
/// A database that was put back from an older copy has forgotten endings. This node remembers how far the log had come and the endings that still matter;
/// it gives the ledger a new epoch, so that everybody who follows the log notices, and writes back what was lost.
/// </summary>
internal static class RolledBack
{
    /// <summary>Whether the ledger is not the one that this node remembers: it never lived in that epoch, did not come that far in it, or holds something else there.</summary>
    public static bool IsBehind(Database db, NodeMemory remembered) => remembered.Mark is { } mark && IsLostTo(db, mark);

    /// <summary>The same of somebody who has read the log up to a mark.</summary>
    public static bool IsLostTo(Database db, LogMark mark) =>
        mark.IsLostTo(SettingRows.SequenceOf(db, mark.Place.Epoch), mark.Newest is { } newest ? RevocationRows.EventAt(db, newest.Sequence) : null);

    /// <summary>Begins a new epoch inside the caller's transaction and says how many revocations were written back.</summary>
    public static int TakeBack(Database db, WriterState state, NodeMemory remembered, DateTimeOffset now, Func<WriterState, SqliteTransaction> begin)
    {
        var epoch = WriterState.RandomName();
        var isBehind = IsBehind(db, remembered);

        // What the node knew is in the log from now on, so that the same memory does not look as if the ledger were behind it again.
        if (remembered.Epoch.Length > 0) SettingRows.Reach(db, remembered.Epoch, remembered.Sequence, state.Sequence, now);
        SettingRows.BeginEpoch(db, epoch, now, state.Sequence);
        var transaction = begin(state with { Epoch = epoch });
        foreach (var revocation in remembered.Revocations.Where(revocation => revocation.Expires > now).OrderBy(revocation => revocation.Sequence))
        {
            transaction.Append(revocation);
            SessionRows.MarkFrom(db, revocation); // the index refuses its access tokens; this refuses its refresh tokens, too
        }

        var takenBack = transaction.Appended.Count;
        transaction.Append(new AuditEntry
        {
            At = now,
            Action = AuditActions.StateRolledBack,
            By = Actor.Job("ledger"),
            Count = takenBack,
            Detail = isBehind
                ? $"epoch {state.Epoch} at {state.Sequence} has lost what was read of {remembered.Epoch} up to {remembered.Sequence}; epoch {epoch} begins"
                : $"epoch {state.Epoch} at {state.Sequence} was put back; epoch {epoch} begins",
        });
        return takenBack;
    }
}
