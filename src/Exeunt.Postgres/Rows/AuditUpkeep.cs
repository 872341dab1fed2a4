using Exeunt.Audit;
using Exeunt.Postgres.Server;
using Exeunt.Protocol.Ids;
using Npgsql;

namespace Exeunt.Postgres.Rows;

/// <summary>Chains, checkpoints, and what retention and erasure may take away.</summary>
internal static class AuditUpkeep
{
    public static void OpenChain(NpgsqlBatch batch, string chain, string node)
    {
        batch.Sql("insert into audit_chains (chain, node, head_number, head_hash) values ($1, $2, 0, $3)").Set(chain).Set(node).Set(AuditChain.Origin);
        batch.Sql("insert into audit_anchors (chain, number, hash) values ($1, 0, $2)").Set(chain).Set(AuditChain.Origin);
    }

    public static void ChainOf(NpgsqlBatch batch, string node) => batch.Sql("select chain from audit_chains where node = $1").Set(node);

    /// <summary>The last entry of a chain, which nobody else appends to until the transaction ends.</summary>
    public static void LockHead(NpgsqlBatch batch, string chain) =>
        batch.Sql("select head_number, head_hash from audit_chains where chain = $1 for no key update").Set(chain);

    public static void MoveHead(NpgsqlBatch batch, AuditRecord last) =>
        batch.Sql("update audit_chains set head_number = $2, head_hash = $3 where chain = $1").Set(last.Chain).Set(last.Number).Set(last.Hash);

    public static void Heads(NpgsqlBatch batch) => batch.Sql("""
        select c.chain, c.head_number, c.head_hash, a.number, a.hash from audit_chains c join audit_anchors a using (chain) order by c.number
        """);

    public static AuditHead ReadHead(Row row) => new(row.Text(), row.Long(), row.Bytes(), row.Long(), row.Bytes());

    public static void AppendCheckpoint(NpgsqlBatch batch, DateTimeOffset at, string jws) =>
        batch.Sql("insert into audit_checkpoints (at, jws) values ($1, $2)").Set(at).Set(jws);

    public static void Checkpoints(NpgsqlBatch batch, long? before, int limit) =>
        batch.Sql("select id, at, jws from audit_checkpoints where id < $1 order by id desc limit $2").Set(before ?? long.MaxValue).Set(limit);

    public static AuditCheckpoint ReadCheckpoint(Row row) => new(row.Long(), row.Time(), row.Text());

    /// <summary>
    /// Deletes the oldest entries of a chain and moves its anchor to the last one deleted, so that what is left still verifies. Where another node is cutting
    /// the same chain, nothing is done. What was deleted lies before the anchor, and is not walked over again for as long as its index entries are there.
    /// </summary>
    public static void DeleteUpTo(NpgsqlBatch batch, string chain, long upTo, int limit) => batch
        .Sql("""
            with free as (select chain, number from audit_anchors where chain = $1 for update skip locked),
                last as (select n, hash from audit where chain = (select chain from free) and n > (select number from free) and n <= $2 order by n limit $3),
                anchored as (update audit_anchors a set number = l.n, hash = l.hash from (select n, hash from last order by n desc limit 1) l where a.chain = $1),
                gone as (delete from audit where chain = $1 and n in (select n from last) returning 1)
            select count(*) from gone
            """)
        .Set(chain).Set(upTo).Set(limit);

    public static void ErasePersonal(NpgsqlBatch batch, UserId user, int limit)
    {
        // Their own doing, and what nobody could be named for: everything personal goes.
        batch.Sql("""
            with erased as (delete from audit_personal where (chain, n) in (
                select chain, n from audit join audit_personal using (chain, n) where user_id = $1 and (by_user is null or by_user = $1)
                union all
                select chain, n from audit join audit_personal using (chain, n) where by_user = $1 and by_user is distinct from user_id
                limit $2) returning 1)
            select count(*) from erased
            """).Set(user).Set(limit);
    }

    /// <summary>What somebody else did to them: address and user agent are that person's.</summary>
    public static void EraseClaimed(NpgsqlBatch batch, UserId user, int limit) => batch.Sql("""
        with erased as (update audit_personal set claimed = null, claimed_salt = null where (chain, n) in (
            select chain, n from audit join audit_personal using (chain, n) where user_id = $1 and by_user <> $1 and claimed is not null limit $2) returning 1)
        select count(*) from erased
        """).Set(user).Set(limit);
}
