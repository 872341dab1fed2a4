using Exeunt.Postgres.Server;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Npgsql;

namespace Exeunt.Postgres.Rows;

/// <summary>The revocation log as rows.</summary>
internal static class RevocationRows
{
    public const string Columns =
        "r.seq, r.previous, r.event, r.scope, r.issuer, r.key, r.up_to, r.up_to_second, r.except_session, r.expires, r.at, r.reason";

    /// <summary>
    /// <see cref="Revocation.Covers"/> of an unswept cut-off <c>r</c> over a session <c>s</c>, for questions about more sessions than can be read. The contract's
    /// tests hold the two against each other.
    /// </summary>
    public const string Covers = """
        not r.swept
        and ((r.scope = 3 and r.issuer = s.issuer and r.key = s.subject
                and case when s.outside_id is null then r.except_id is distinct from s.id else r.except_session is distinct from s.outside_id end)
            or (r.scope = 4 and r.issuer = s.issuer and r.key = s.client)
            or (r.scope = 5 and r.issuer = s.issuer)
            or r.scope = 7)
        and case when s.outside_id is null then s.id <= r.up_to
            else r.up_to_second is not null and coalesce(s.authenticated_at / 1000 <= r.up_to_second, true) end
        """;

    /// <summary>Puts them at their places. One whose ending the log already holds fails the statement.</summary>
    public static void Insert(NpgsqlBatch batch, IReadOnlyCollection<Revocation> revocations) => batch
        .Sql("""
            insert into revocations (seq, previous, event, scope, issuer, key, up_to, up_to_second, except_session, except_id, expires, at, reason, swept)
            select * from unnest($1::bigint[], $2::bigint[], $3::uuid[], $4::bigint[], $5::text[], $6::text[], $7::uuid[], $8::bigint[], $9::text[],
                $10::uuid[], $11::bigint[], $12::bigint[], $13::bigint[], $14::boolean[])
            """)
        .Longs(revocations.Select(r => (long?)r.Sequence)).Longs(revocations.Select(r => (long?)r.Previous)).Ids(revocations.Select(r => r.Event))
        .Longs(revocations.Select(r => (long?)r.Scope)).Texts(revocations.Select(r => r.Issuer)).Texts(revocations.Select(r => r.Key))
        .IdsOrNulls(revocations.Select(r => r.UpTo)).Longs(revocations.Select(r => r.UpToSecond)).Texts(revocations.Select(r => r.Except))
        .IdsOrNulls(revocations.Select(r => SessionId.TryParse(r.Except, null, out var own) ? own : (SessionId?)null))
        .Times(revocations.Select(r => (DateTimeOffset?)r.Expires)).Times(revocations.Select(r => (DateTimeOffset?)r.At))
        .Longs(revocations.Select(r => (long?)r.Reason)).Flags(revocations.Select(r => !r.IsCutOff));

    /// <summary>Those of these endings that the log holds, in no order.</summary>
    public static void OfEvents(NpgsqlBatch batch, IEnumerable<EventId> events) =>
        batch.Sql($"select {Columns} from revocations r where event = any($1)").Ids(events);

    public static void After(NpgsqlBatch batch, long sequence, int limit) => batch
        .Sql($"select (select epoch from epochs order by number desc limit 1), {Columns} from revocations r where seq > $1 order by seq limit $2")
        .Set(sequence).Set(limit);

    public static void Unswept(NpgsqlBatch batch, int limit) =>
        batch.Sql($"select {Columns} from revocations r where not swept order by seq limit $1").Set(limit);

    public static void MarkSwept(NpgsqlBatch batch, IEnumerable<Revocation> cutOffs) =>
        batch.Sql("update revocations set swept = true where seq = any($1)").Longs(cutOffs.Select(r => (long?)r.Sequence));

    public static void Prolong(NpgsqlBatch batch, Revocation revocation, DateTimeOffset expires) => batch
        .Sql("update revocations set expires = $1 where event = $2 and scope = $3 and issuer = $4 and key = $5 and expires < $1")
        .Set(expires).Set(revocation.Event).Set((long)revocation.Scope).Set(revocation.Issuer).Set(revocation.Key);

    /// <summary>Expired ones, but never a cut-off whose rows have not all been marked: it is all that ends them.</summary>
    public static void Purge(NpgsqlBatch batch, DateTimeOffset expiredBefore, int limit) => batch
        .Sql("""
            with gone as (delete from revocations where seq in (
                select seq from revocations where expires < $1 and swept order by expires limit $2 for update skip locked) returning 1)
            select count(*) from gone
            """)
        .Set(expiredBefore).Set(limit);

    public static Revocation Read(Row row, string epoch) => new()
    {
        Epoch = epoch,
        Sequence = row.Long(),
        Previous = row.Long(),
        Event = row.Key<EventId>(),
        Scope = (RevocationScope)row.Int(),
        Issuer = row.Text(),
        Key = row.Text(),
        UpTo = row.KeyOrNull<SessionId>(),
        UpToSecond = row.LongOrNull(),
        Except = row.TextOrNull(),
        Expires = row.Time(),
        At = row.Time(),
        Reason = (EndReason)row.Int(),
    };

    /// <summary>The same, with the epoch in the first column.</summary>
    public static Revocation ReadWithEpoch(Row row)
    {
        var epoch = row.Text();
        return Read(row, epoch);
    }
}
