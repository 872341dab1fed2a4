using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Exeunt.Sqlite.Files;
using static Exeunt.Sqlite.Rows.SessionRows;

namespace Exeunt.Sqlite.Rows;

/// <summary>Questions about many sessions, each answered from the index that was made for it.</summary>
internal static class SessionSets
{
    // The plus signs keep SQLite from collecting all unmarked rows to sort them: walking back from the newest id finds one soon.
    public static SessionId? Newest(Database db, EndScope scope) => scope switch
    {
        EndScope.OneSession one => Max(db.Sql("select max(id) from sessions where id = ? and ended_at is null").Set(one.Session)),
        EndScope.AllOf all => Max(db
            .Sql("""
                select id from sessions indexed by sessions_by_user
                where user_id = ?1 and ended_at is null and (select unmarked_sessions from users where id = ?1) > 0
                order by id desc limit 1
                """).Set(all.User)),
        EndScope.Client client => Max(db
            .Sql("select id from sessions where client = ? and +ended_at is null and outside_id is null order by id desc limit 1").Set(client.ClientId)),
        EndScope.Issuer issuer => Max(db
            .Sql("select id from sessions where issuer = ? and +ended_at is null order by id desc limit 1").Set(issuer.Name)),
        EndScope.Everyone => Max(db.Sql("select id from sessions where ended_at is null order by id desc limit 1")),
        _ => throw new ArgumentOutOfRangeException(nameof(scope)),
    };

    /// <summary>The newest session there is, marked or not.</summary>
    public static SessionId? NewestOfAll(Database db) => Max(db.Sql("select max(id) from sessions"));

    /// <summary>Sessions, ended or not, in the order of their ids.</summary>
    public static List<Session> Page(Database db, SessionId? after, int limit) =>
        db.Sql($"select {Columns} from sessions where id > ? order by id limit ?").Set(after ?? default).Set(limit).All(Read);

    /// <summary>Unmarked sessions of a user, in the order of their ids.</summary>
    public static List<Session> UnmarkedOf(Database db, UserId user) => db
        .Sql($"select {Columns} from sessions indexed by unmarked_by_user where user_id = ? and ended_at is null order by id")
        .Set(user).All(Read);

    public static List<Session> Expired(Database db, DateTimeOffset from, DateTimeOffset now, int limit) => db
        .Sql($"select {Columns} from sessions where ended_at is null and expires_at >= ? and expires_at < ? order by expires_at limit ?")
        .Set(from).Set(now).Set(limit).All(Read);

    /// <summary>
    /// Unmarked sessions that this cut-off covers, in the order of their ids. Of our own, only ids up to the cut-off are looked at;
    /// <see cref="Revocation.Covers"/> decides.
    /// </summary>
    public static List<Session> Covered(Database db, Revocation cutOff, SessionId? after, int limit)
    {
        const string Reached = "ended_at is null and id > ? and (outside_id is not null or id <= ?) order by id";
        var from = after ?? default;
        var upTo = cutOff.UpTo ?? default;
        var rows = cutOff.Scope switch
        {
            RevocationScope.User => db
                .Sql($"""
                    select {Columns} from sessions indexed by unmarked_by_user
                    where user_id = (select id from users where issuer = ? and subject = ?) and {Reached}
                    """)
                .Set(cutOff.Issuer).Set(cutOff.Key),
            RevocationScope.Client => db
                .Sql($"select {Columns} from sessions where issuer = ? and client = ? and {Reached}").Set(cutOff.Issuer).Set(cutOff.Key),
            RevocationScope.Issuer => db.Sql($"select {Columns} from sessions where issuer = ? and {Reached}").Set(cutOff.Issuer),
            RevocationScope.Everyone => db.Sql($"select {Columns} from sessions where {Reached}"),
            _ => throw new ArgumentException("Only a cut-off covers more than one session.", nameof(cutOff)),
        };

        rows.Set(from).Set(upTo);
        var covered = new List<Session>();
        while (covered.Count < limit && rows.Step())
        {
            var session = Read(rows);
            if (cutOff.Covers(session.Facts)) covered.Add(session);
        }

        rows.Rewind();
        return covered;
    }

    /// <summary>A page, newest first: of one user or of everyone, before an id.</summary>
    public static List<Session> Page(Database db, UserId? user, string? client, bool unmarkedOnly, SessionId? before, int limit)
    {
        var sql = $"""
            select {Columns} from sessions{(user is not null && unmarkedOnly ? " indexed by unmarked_by_user" : "")}
            where id < ?{(user is null ? "" : " and user_id = ?")}{(client is null ? "" : " and client = ?")}{(unmarkedOnly ? " and ended_at is null" : "")}
            order by id desc limit ?
            """;
        var query = db.Sql(sql).Set(before ?? SessionId.From(UInt128.MaxValue));
        if (user is { } one) query.Set(one);
        if (client is not null) query.Set(client);
        return query.Set(limit).All(Read);
    }

    /// <summary>Marked sessions that ended before an instant and whose ending the log no longer holds.</summary>
    public static int Purge(Database db, DateTimeOffset endedBefore, int limit) => db
        .Sql("""
            delete from sessions where rowid in (
                select rowid from sessions
                where ended_at < ? and ended_at is not null and not exists (select 1 from revocations where event = end_event)
                order by ended_at limit ?)
            """)
        .Set(endedBefore).Set(limit).Run();

    /// <summary>Forgets what a user's rows say of devices and places.</summary>
    public static int ErasePersonal(Database db, UserId user, int limit) => db
        .Sql("""
            update sessions set device_name = null, user_agent = null, address = null where rowid in (
                select rowid from sessions
                where user_id = ? and (device_name is not null or user_agent is not null or address is not null) limit ?)
            """)
        .Set(user).Set(limit).Run();

    private static SessionId? Max(Statement query) => query.FirstKey<SessionId>();
}
