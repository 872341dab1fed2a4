using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Sqlite.Files;

namespace Exeunt.Sqlite.Rows;

/// <summary>The revocation log as rows.</summary>
internal static class RevocationRows
{
    private const string Columns = "seq, previous, event, scope, issuer, key, up_to, up_to_second, except_session, expires, at, reason";

    /// <summary>The newest place that was ever given away, also when its row has been purged.</summary>
    public static long NewestSequence(Database db) => db.Sql("select seq from sqlite_sequence where name = 'revocations'").Number() ?? 0;

    /// <summary>Puts it at its place; false when the log already holds this ending for this scope and key.</summary>
    public static bool Insert(Database db, Revocation revocation) => db
        .Sql($"""
            insert into revocations ({Columns}, swept) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            on conflict (event, scope, issuer, key) do nothing
            """)
        .Set(revocation.Sequence).Set(revocation.Previous).Set(revocation.Event).Set((long)revocation.Scope).Set(revocation.Issuer).Set(revocation.Key)
        .Set(revocation.UpTo).Set(revocation.UpToSecond).Set(revocation.Except).Set(revocation.Expires).Set(revocation.At).Set((long)revocation.Reason)
        .Set(revocation.IsCutOff ? 0 : 1)
        .Run() == 1;

    public static Revocation? Find(Database db, Revocation like, string epoch) => db
        .Sql($"select {Columns} from revocations where event = ? and scope = ? and issuer = ? and key = ?")
        .Set(like.Event).Set((long)like.Scope).Set(like.Issuer).Set(like.Key)
        .First(row => Read(row, epoch));

    public static Revocation? FirstOf(Database db, EventId ending, string epoch) => db
        .Sql($"select {Columns} from revocations where event = ? order by seq limit 1").Set(ending).First(row => Read(row, epoch));

    public static List<Revocation> After(Database db, long sequence, int limit, string epoch) => db
        .Sql($"select {Columns} from revocations where seq > ? order by seq limit ?").Set(sequence).Set(limit).All(row => Read(row, epoch));

    /// <summary>The ending at this place; null when there is none, or none any more.</summary>
    public static EventId? EventAt(Database db, long sequence) => db
        .Sql("select event from revocations where seq = ?").Set(sequence).All(row => row.Key<EventId>()) is [var there] ? there : null;

    public static List<Revocation> Unswept(Database db, int limit, string epoch) => db
        .Sql($"select {Columns} from revocations indexed by unswept_revocations where swept = 0 order by seq limit ?").Set(limit).All(row => Read(row, epoch));

    public static List<Revocation> UnsweptOf(Database db, RevocationScope scope, string issuer, string key, string epoch) => db
        .Sql($"select {Columns} from revocations indexed by unswept_revocations where swept = 0 and scope = ? and issuer = ? and key = ?")
        .Set((long)scope).Set(issuer).Set(key).All(row => Read(row, epoch));

    /// <summary>The places of unswept cut-offs from one place to another.</summary>
    public static HashSet<long> UnsweptWithin(Database db, long first, long last) =>
        [.. db.Sql("select seq from revocations where swept = 0 and seq between ? and ?").Set(first).Set(last).All(row => row.Long())];

    public static bool AnyUnswept(Database db, RevocationScope scope) => db
        .Sql("select exists (select 1 from revocations indexed by unswept_revocations where swept = 0 and scope = ?)").Set((long)scope).Number() == 1;

    public static void MarkSwept(Database db, Revocation cutOff) => db.Sql("update revocations set swept = 1 where seq = ?").Set(cutOff.Sequence).Run();

    public static void Prolong(Database db, Revocation revocation, DateTimeOffset expires) => db
        .Sql("update revocations set expires = ?1 where event = ?2 and scope = ?3 and issuer = ?4 and key = ?5 and expires < ?1")
        .Set(expires).Set(revocation.Event).Set((long)revocation.Scope).Set(revocation.Issuer).Set(revocation.Key).Run();

    /// <summary>Expired ones, but never a cut-off whose rows have not all been marked: it is all that ends them.</summary>
    public static int Purge(Database db, DateTimeOffset expiredBefore, int limit) => db
        .Sql("delete from revocations where seq in (select seq from revocations where expires < ? and swept = 1 order by expires limit ?)")
        .Set(expiredBefore).Set(limit).Run();

    private static Revocation Read(Statement row, string epoch) => new()
    {
        Epoch = epoch,
        Sequence = row.Long(),
        Previous = row.Long(),
        Event = row.Key<EventId>(),
        Scope = (RevocationScope)row.Long(),
        Issuer = row.Text(),
        Key = row.Text(),
        UpTo = row.KeyOrNull<SessionId>(),
        UpToSecond = row.LongOrNull(),
        Except = row.TextOrNull(),
        Expires = row.Time(),
        At = row.Time(),
        Reason = (EndReason)row.Long(),
    };
}
