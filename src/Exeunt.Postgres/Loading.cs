using Exeunt.Accounts;
using Exeunt.Postgres.Rows;
using Exeunt.Postgres.Server;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Sessions;
using Npgsql;

namespace Exeunt.Postgres;

/// <summary>
/// Loads what a batch wants in one round trip. The row of a user is the lock of everything that is theirs: the account, the sessions, the cut-offs over them,
/// the count. Users are locked in the order of their ids, so that two nodes never wait for each other in a circle. A session brings its user along.
/// </summary>
internal static class Loading
{
    /// <summary>For how long a swept cut-off is still shown to whoever opens a session: longer than the clocks of two nodes differ.</summary>
    private static readonly TimeSpan Young = TimeSpan.FromMinutes(1);

    private const string Owners = """
        (select unnest($1::uuid[]) as id
        union select s.user_id from sessions s where s.id = any($2::uuid[])
        union select u.id from users u join unnest($3::text[], $4::text[]) w (issuer, subject) on u.issuer = w.issuer and u.subject = w.subject
        union select u.id from users u where u.email_key = any($5::text[])
        union select s.user_id from sessions s join unnest($6::text[], $7::text[]) w (issuer, outside_id) on s.issuer = w.issuer and s.outside_id = w.outside_id)
        """;

    public static void Ask(NpgsqlBatch batch, Wanted wanted, DateTimeOffset now, bool locking)
    {
        batch.UseIndexes();

        // First the locks, by themselves: what follows sees what the holders before have committed.
        if (locking) SetOwners(batch.Sql($"select u.id from users u join {Owners} w on w.id = u.id order by u.id for no key update of u"), wanted);

        SetOwners(batch.Sql($"""
            select {UserRows.Columns},
                (select count(*) from sessions s where s.user_id = u.id and s.ended_at is null and s.expires_at < $8),
                (select s.id from sessions s where s.user_id = u.id and s.ended_at is null and u.unmarked_sessions > 0 order by s.id desc limit 1)
            from users u join {Owners} w on w.id = u.id
            """), wanted).Set(now);
        // Cut-offs in no order: asked for one by their places, the planner may walk through the whole log for it.
        SetOwners(batch.Sql($"""
            select u.id, r.swept, {RevocationRows.Columns}
            from {Owners} w join users u on u.id = w.id join revocations r on r.scope = 3 and r.issuer = u.issuer and r.key = u.subject
            where not r.swept or r.at > $8
            """), wanted).Set(now - Young);
        batch.Sql($"select r.swept, {RevocationRows.Columns} from revocations r where r.scope in (4, 5, 7) and (not r.swept or r.at > $1)").Set(now - Young);
        batch
            .Sql($"""
                select {SessionRows.Columns} from sessions s where s.id = any($1)
                union all
                select {SessionRows.Columns} from sessions s join unnest($2::text[], $3::text[]) w (issuer, outside_id) on s.issuer = w.issuer and s.outside_id = w.outside_id
                """)
            .Ids(wanted.Sessions).Texts(wanted.OutsideIds.Select(o => (string?)o.Issuer)).Texts(wanted.OutsideIds.Select(o => (string?)o.OutsideId));
    }

    public static async ValueTask ReadAsync(Results results, Wanted wanted, Known known, string epoch, bool locking)
    {
        await results.SkipAsync();
        if (locking) await results.SkipAsync();
        var users = await results.AllAsync(ReadUser);
        var cutOffs = (await results.AllAsync(row => (User: row.Key<UserId>(), CutOff: ReadCutOff(ref row, epoch)))).ToLookup(found => found.User, found => found.CutOff);
        foreach (var (user, expired, newest) in users) known.Put(new KnownUser(user, expired, newest, [.. cutOffs[user.Id]]));
        known.Put(await results.AllAsync(row => ReadCutOff(ref row, epoch)));
        foreach (var session in await results.AllAsync(SessionRows.Read)) known.Put(session);
        known.NotFound(wanted);
    }

    private static NpgsqlBatchCommand SetOwners(NpgsqlBatchCommand sql, Wanted wanted) => sql
        .Ids(wanted.Users).Ids(wanted.Sessions)
        .Texts(wanted.Subjects.Select(s => (string?)s.Issuer)).Texts(wanted.Subjects.Select(s => (string?)s.Subject))
        .Texts(wanted.Emails)
        .Texts(wanted.OutsideIds.Select(o => (string?)o.Issuer)).Texts(wanted.OutsideIds.Select(o => (string?)o.OutsideId));

    private static (User User, long Expired, SessionId? Newest) ReadUser(Row row)
    {
        var user = UserRows.Read(ref row);
        return (user, row.Long(), row.KeyOrNull<SessionId>());
    }

    private static CutOff ReadCutOff(ref Row row, string epoch)
    {
        var swept = row.Flag();
        return new(RevocationRows.Read(row, epoch), swept);
    }
}
