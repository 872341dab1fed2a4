using System.Security.Cryptography;
using Exeunt.Audit;
using Exeunt.Sqlite.Files;
using Exeunt.Sqlite.Rows;
using Exeunt.Storage;

namespace Exeunt.Sqlite;

/// <summary>
/// What the writer knows without asking the database each time. A transaction works on a copy that becomes the truth when it is committed; when another
/// process has written, everything is read again.
/// </summary>
/// <param name="Epoch">The ledger's present life.</param>
/// <param name="Sequence">The newest place in the revocation log.</param>
/// <param name="Chain">The chain that this ledger appends to.</param>
/// <param name="AuditNumber">The number of the chain's last entry.</param>
/// <param name="AuditHash">The hash of that entry.</param>
/// <param name="LatestTokenExpiry">The latest expiry of any token, rounded up.</param>
internal sealed record WriterState(string Epoch, long Sequence, string Chain, long AuditNumber, byte[] AuditHash, DateTimeOffset LatestTokenExpiry)
{
    /// <summary>Reads it from the database.</summary>
    /// <param name="db">The database.</param>
    /// <param name="putBack">Whether the ledger is just being taken back from where it was moved to.</param>
    /// <exception cref="LedgerUnavailableException">The ledger was moved to another database.</exception>
    public static WriterState Load(Database db, bool putBack = false)
    {
        if (!putBack && SettingRows.Text(db, SettingRows.MovedTo) is { } where)
        {
            throw new LedgerUnavailableException(
                $"it was moved to {where}, and what stands here is its state of that moment. Use it there (--database); to go back to this one: exeunt migrate back")
            { IsForGood = true };
        }

        var chain = SettingRows.Text(db, SettingRows.Chain) ?? throw Incomplete("chain");
        var head = AuditUpkeep.Heads(db).Single(head => head.Chain == chain);
        return new(
            SettingRows.Epoch(db) ?? throw Incomplete("epoch"),
            RevocationRows.NewestSequence(db),
            chain,
            head.Number,
            head.Hash,
            DateTimeOffset.FromUnixTimeMilliseconds(SettingRows.Number(db, SettingRows.LatestTokenExpiry) ?? 0));
    }

    /// <summary>Gives an empty database its first epoch and its chain, whose first entry says so.</summary>
    public static WriterState Create(Database db, DateTimeOffset now)
    {
        var chain = RandomName();
        SettingRows.BeginEpoch(db, RandomName(), now, lastSequence: 0);
        SettingRows.Put(db, SettingRows.Chain, chain);
        AuditUpkeep.OpenChain(db, chain);
        var opened = AuditChain.Link(
            chain, 1, AuditChain.Origin, new AuditEntry { At = now, Action = AuditActions.ChainOpened, By = Actor.Job("ledger"), Detail = chain });
        AuditRows.Insert(db, opened);
        return Load(db);
    }

    private static InvalidDataException Incomplete(string what) => new($"The database has no {what}: its tables were changed from outside.");

    /// <summary>A name that no other ledger has: 64 random bits in hexadecimal.</summary>
    public static string RandomName() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
}
