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

    public static void Ask(NpgsqlBatch batch, Wanted wanted, DateTimeOffset now, bool locking)
    {
        if (!wanted.IsEmpty)
        {
            // First the locks, by themselves: what follows sees what the holders before have committed. Of the locked rows this does, too.
            var users = batch.Sql("");
            users.CommandText = $"""
                select {UserRows.Columns} from users u join {Owners(users, wanted)} w on w.id = u.id order by u.id {(locking ? "for no key update of u" : "")}
                """;
        }

        if (wanted.Counts && !wanted.IsEmpty)
        {
            var counts = batch.Sql("");
            counts.CommandText = $"""
                select u.id,
                    (select count(*) from sessions s where s.user_id = u.id and s.ended_at is null and s.expires_at < {Next(counts.Set(now))}),
                    (select s.id from sessions s where s.user_id = u.id and s.ended_at is null and u.unmarked_sessions > 0 order by s.id desc limit 1)
                from users u join {Owners(counts, wanted)} w on w.id = u.id
                """;
        }

        AskForCutOffs(batch, wanted, now - Young);
        if (wanted.Sessions.Count > 0)
            batch.Sql($"select {SessionRows.Columns} from sessions s where s.id = any($1)").Ids(wanted.Sessions);
        if (wanted.OutsideIds.Count > 0)
        {
            batch
                .Sql($"""
                    select {SessionRows.Columns} from sessions s join unnest($1::text[], $2::text[]) w (issuer, outside_id)
                        on s.issuer = w.issuer and s.outside_id = w.outside_id
                    """)
                .Texts(wanted.OutsideIds.Select(o => (string?)o.Issuer)).Texts(wanted.OutsideIds.Select(o => (string?)o.OutsideId));
        }
    }

    public static async ValueTask ReadAsync(Results results, Wanted wanted, Known known, string epoch, bool locking)
    {
        var users = wanted.IsEmpty ? [] : await results.AllAsync(UserRows.Read);
        var counts = wanted.Counts && !wanted.IsEmpty
            ? (await results.AllAsync(row => (User: row.Key<UserId>(), Expired: row.Long(), Newest: row.KeyOrNull<SessionId>()))).ToDictionary(count => count.User)
            : [];
        var cutOffs = (await results.AllAsync(row => (User: row.KeyOrNull<UserId>(), CutOff: ReadCutOff(ref row, epoch)))).ToLookup(found => found.User, found => found.CutOff);
        foreach (var user in users)
        {
            var isCounted = counts.TryGetValue(user.Id, out var count);
            if (wanted.Counts && !isCounted) continue; // whose address was another's until the lock was given: what follows was not asked for them
            known.Put(new KnownUser(user, count.Expired, count.Newest, [.. cutOffs[user.Id]]) { IsCounted = isCounted });
        }

        known.Put([.. cutOffs[null]]);
        List<Session> sessions = [];
        if (wanted.Sessions.Count > 0) sessions.AddRange(await results.AllAsync(SessionRows.Read));
        if (wanted.OutsideIds.Count > 0) sessions.AddRange(await results.AllAsync(SessionRows.Read));
        foreach (var session in sessions) known.Put(session);
        known.NotFound(wanted);
        if (!locking) return;

        // One that was opened while the locks were waited for may be of a user who is not locked: whoever wants it asks again.
        foreach (var session in sessions)
        {
            if (known.TryUser(session.User, out var user) && user is not null) continue;
            known.Forget(session);
            known.Forget(session.User);
        }
    }

    // Cut-offs in no order: asked for one by their places, the planner may walk through the whole log for it.
    private static void AskForCutOffs(NpgsqlBatch batch, Wanted wanted, DateTimeOffset young)
    {
        var sql = batch.Sql("");
        var since = Next(sql.Set(young));
        var ofUsers = wanted.IsEmpty ? "" : $"""
            select u.id, r.swept, {RevocationRows.Columns}
            from {Owners(sql, wanted)} w join users u on u.id = w.id join revocations r on r.scope = 3 and r.issuer = u.issuer and r.key = u.subject
            where not r.swept or r.at > {since}
            union all
            """;
        sql.CommandText = $"{ofUsers} select null::uuid, r.swept, {RevocationRows.Columns} from revocations r where r.scope in (4, 5, 7) and (not r.swept or r.at > {since})";
    }

    // The users of what is wanted, each once. Only of the kinds that are: each is a search of its own, also for nothing.
    private static string Owners(NpgsqlBatchCommand sql, Wanted wanted)
    {
        List<string> kinds = [];
        if (wanted.Users.Count > 0) kinds.Add($"select unnest({Next(sql.Ids(wanted.Users))}::uuid[]) as id");
        if (wanted.Sessions.Count > 0) kinds.Add($"select s.user_id as id from sessions s where s.id = any({Next(sql.Ids(wanted.Sessions))}::uuid[])");
        if (wanted.Subjects.Count > 0)
        {
            var issuers = Next(sql.Texts(wanted.Subjects.Select(s => (string?)s.Issuer)));
            var subjects = Next(sql.Texts(wanted.Subjects.Select(s => (string?)s.Subject)));
            kinds.Add($"select u.id from users u join unnest({issuers}::text[], {subjects}::text[]) w (issuer, subject) on u.issuer = w.issuer and u.subject = w.subject");
        }

        if (wanted.Emails.Count > 0) kinds.Add($"select u.id from users u where u.email_key = any({Next(sql.Texts(wanted.Emails))}::text[])");
        if (wanted.OutsideIds.Count > 0)
        {
            var issuers = Next(sql.Texts(wanted.OutsideIds.Select(o => (string?)o.Issuer)));
            var ids = Next(sql.Texts(wanted.OutsideIds.Select(o => (string?)o.OutsideId)));
            kinds.Add($"""
                select s.user_id as id from sessions s join unnest({issuers}::text[], {ids}::text[]) w (issuer, outside_id)
                    on s.issuer = w.issuer and s.outside_id = w.outside_id
                """);
        }

        return $"(select id from ({string.Join(" union all ", kinds)}) every group by id)";
    }

    private static string Next(NpgsqlBatchCommand sql) => $"${sql.Parameters.Count}";

    private static CutOff ReadCutOff(ref Row row, string epoch)
    {
        var swept = row.Flag();
        return new(RevocationRows.Read(row, epoch), swept);
    }
}
