using Exeunt.Sqlite.Files;
using Exeunt.Storage.Moving;

namespace Exeunt.Sqlite.Rows;

/// <summary>Questions about all that a database holds.</summary>
internal static class Whole
{
    public static LedgerCounts Counts(Database db) => db
        .Sql("""
            select (select count(*) from users), (select count(*) from sessions), (select count(*) from sessions where ended_at is null),
                (select coalesce(sum(unmarked_sessions), 0) from users), (select count(*) from revocations), (select count(*) from revocations where swept = 0),
                (select count(*) from audit), (select count(*) from audit_personal), (select count(*) from audit_checkpoints), (select count(*) from clients)
            """)
        .First(row => new LedgerCounts(row.Long(), row.Long(), row.Long(), row.Long(), row.Long(), row.Long(), row.Long(), row.Long(), row.Long(), row.Long()))!;

    public static LedgerState State(Database db) => new(
        db.Sql("select epoch, began_at, last_sequence from epochs order by number").All(row => new LedgerLife(row.Text(), row.Time(), row.LongOrNull())),
        RevocationRows.NewestSequence(db),
        DateTimeOffset.FromUnixTimeMilliseconds(SettingRows.Number(db, SettingRows.LatestTokenExpiry) ?? 0),
        AuditUpkeep.Heads(db));
}
