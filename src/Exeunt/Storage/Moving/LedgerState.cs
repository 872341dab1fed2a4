using Exeunt.Audit;

namespace Exeunt.Storage.Moving;

/// <summary>What a ledger is besides its rows: its lives, how far its log has come, where its chains stand.</summary>
/// <param name="Lives">Every epoch it has lived in, oldest first; the last is the present one.</param>
/// <param name="Sequence">The newest place of the revocation log that was ever given away.</param>
/// <param name="LatestTokenExpiry">The latest expiry of any access token that was ever signed.</param>
/// <param name="Chains">The chains of the audit trail, in the order in which they were opened.</param>
public sealed record LedgerState(IReadOnlyList<LedgerLife> Lives, long Sequence, DateTimeOffset LatestTokenExpiry, IReadOnlyList<AuditHead> Chains)
{
    /// <summary>The present epoch.</summary>
    public string Epoch => Lives[^1].Epoch;
}

/// <summary>One life of a ledger.</summary>
/// <param name="Epoch">Its name.</param>
/// <param name="BeganAt">When it began, ledger time.</param>
/// <param name="LastSequence">How far the log had come when it was over; null for the present one.</param>
public sealed record LedgerLife(string Epoch, DateTimeOffset BeganAt, long? LastSequence);

/// <summary>How many rows of each kind a ledger holds. Two ledgers of the same rows have equal counts.</summary>
/// <param name="Users">Accounts.</param>
/// <param name="Sessions">Sessions, ended ones included.</param>
/// <param name="Unmarked">Sessions whose row does not say that they ended.</param>
/// <param name="UnmarkedOfUsers">The same, as the accounts have counted them.</param>
/// <param name="Revocations">Revocations that are kept.</param>
/// <param name="Unswept">Cut-offs whose rows have not all been marked.</param>
/// <param name="Entries">Entries of the audit trail that are kept.</param>
/// <param name="Personal">Entries whose personal values are kept.</param>
/// <param name="Checkpoints">Signed checkpoints.</param>
/// <param name="Clients">Programs with credentials.</param>
public sealed record LedgerCounts(
    long Users, long Sessions, long Unmarked, long UnmarkedOfUsers, long Revocations, long Unswept, long Entries, long Personal, long Checkpoints, long Clients)
{
    /// <summary>Rows that a move carries.</summary>
    public long Total => Users + Sessions + Revocations + Entries + Checkpoints + Clients;

    /// <summary>For people.</summary>
    public override string ToString() => $"{Users} accounts, {Sessions} sessions ({Unmarked} open), {Revocations} revocations, {Entries} audit entries, {Checkpoints} checkpoints, {Clients} clients";
}
