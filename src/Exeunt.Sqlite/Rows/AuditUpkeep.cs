using Exeunt.Audit;
using Exeunt.Protocol.Ids;
using Exeunt.Sqlite.Files;

namespace Exeunt.Sqlite.Rows;

/// <summary>Chains, checkpoints, and what retention and erasure may take away.</summary>
internal static class AuditUpkeep
{
    public static void OpenChain(Database db, string chain) =>
        db.Sql("insert into audit_chains (chain, anchor_number, anchor_hash) values (?, 0, ?)").Set(chain).Set(AuditChain.Origin).Run();

    public static List<AuditHead> Heads(Database db) => db
        .Sql("""
            select c.chain, coalesce(a.n, c.anchor_number), coalesce(a.hash, c.anchor_hash), c.anchor_number, c.anchor_hash
            from audit_chains c left join audit a on a.chain = c.chain and a.n = (select max(n) from audit where chain = c.chain)
            order by c.number
            """)
        .All(row => new AuditHead(row.Text(), row.Long(), row.Bytes(), row.Long(), row.Bytes()));

    public static void AppendCheckpoint(Database db, DateTimeOffset at, string jws) =>
        db.Sql("insert into audit_checkpoints (at, jws) values (?, ?)").Set(at).Set(jws).Run();

    public static List<AuditCheckpoint> Checkpoints(Database db, long? before, int limit) => db
        .Sql("select id, at, jws from audit_checkpoints where id < ? order by id desc limit ?").Set(before ?? long.MaxValue).Set(limit)
        .All(row => new AuditCheckpoint(row.Long(), row.Time(), row.Text()));

    /// <summary>Checkpoints from a number on, oldest first.</summary>
    public static List<AuditCheckpoint> CheckpointsAfter(Database db, long after, int limit) => db
        .Sql("select id, at, jws from audit_checkpoints where id > ? order by id limit ?").Set(after).Set(limit)
        .All(row => new AuditCheckpoint(row.Long(), row.Time(), row.Text()));

    /// <summary>Deletes the oldest entries of a chain and moves its anchor to the last one deleted, so that what is left still verifies.</summary>
    public static int DeleteUpTo(Database db, string chain, long upTo, int limit)
    {
        var last = db.Sql("select max(n) from (select n from audit where chain = ? and n <= ? order by n limit ?)").Set(chain).Set(upTo).Set(limit).Number();
        if (last is not { } number) return 0;

        db.Sql("update audit_chains set anchor_number = ?2, anchor_hash = (select hash from audit where chain = ?1 and n = ?2) where chain = ?1")
            .Set(chain).Set(number).Run();
        return db.Sql("delete from audit where chain = ? and n <= ?").Set(chain).Set(number).Run();
    }

    public static int ErasePersonal(Database db, UserId user, int limit)
    {
        // Their own doing, and what nobody could be named for: everything personal goes.
        var erased = db.Sql("""
            delete from audit_personal where position in (
                select position from audit join audit_personal using (position) where user_id = ?1 and (by_user is null or by_user = ?1)
                union all
                select position from audit join audit_personal using (position) where by_user = ?1 and by_user is not user_id
                limit ?2)
            """).Set(user).Set(limit).Run();

        // What somebody else did to them: address and user agent are that person's.
        return erased + db.Sql("""
            update audit_personal set claimed = null, claimed_salt = null where position in (
                select position from audit join audit_personal using (position) where user_id = ?1 and by_user <> ?1 and claimed is not null limit ?2)
            """).Set(user).Set(Math.Max(0, limit - erased)).Run();
    }
}
