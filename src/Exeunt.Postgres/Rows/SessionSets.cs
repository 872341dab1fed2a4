using System.Diagnostics;
using Exeunt.Postgres.Server;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Npgsql;
using static Exeunt.Postgres.Rows.SessionRows;

namespace Exeunt.Postgres.Rows;

/// <summary>Questions about many sessions, each answered from the index that was made for it.</summary>
internal static class SessionSets
{
    /// <summary>Joins the earliest unswept cut-off over a session <c>s</c>, as <c>c</c>.</summary>
    public const string EarliestCutOff = $"left join lateral (select r.* from revocations r where {RevocationRows.Covers} order by r.at, r.seq limit 1) c on true";

    /// <summary>Unmarked rows within a scope; <c>$1</c> is its target where it has one.</summary>
    public static (string Where, Action<NpgsqlBatchCommand> Target) Within(EndScope scope) => scope switch
    {
        EndScope.OneSession one => ("s.id = $1 and s.ended_at is null", sql => sql.Set(one.Session)),
        EndScope.AllOf all => ("s.user_id = $1 and s.ended_at is null", sql => sql.Set(all.User)),
        EndScope.Client client => ("s.client = $1 and s.outside_id is null and s.ended_at is null", sql => sql.Set(client.ClientId)),
        EndScope.Issuer issuer => ("s.issuer = $1 and s.ended_at is null", sql => sql.Set(issuer.Name)),
        EndScope.Everyone => ("$1::boolean and s.ended_at is null", sql => sql.Parameters.Add(new() { Value = true })),
        _ => throw new UnreachableException(),
    };

    public static void Newest(NpgsqlBatch batch, EndScope scope)
    {
        var (where, target) = Within(scope);
        target(batch.Sql($"select s.id from sessions s where {where} order by s.id desc limit 1"));
    }

    /// <summary>How many are alive: not marked, not covered, not expired, and not the spared one.</summary>
    public static void CountAlive(NpgsqlBatch batch, EndScope scope, DateTimeOffset now)
    {
        if (scope is EndScope.Everyone)
        {
            CountAll(batch, now);
            return;
        }

        var (where, target) = Within(scope);
        var sql = batch.Sql($"""
            select count(*) from sessions s
            where {where} and s.expires_at >= $2 and s.id <> $3 and not exists (select 1 from revocations r where {RevocationRows.Covers})
            """);
        target(sql);
        sql.Set(now).Set(scope is EndScope.AllOf { Except: { } spared } ? spared : default);
    }

    public static void OldestAlive(NpgsqlBatch batch, UserId user, DateTimeOffset now) => batch
        .Sql($"""
            select {Columns} from sessions s
            where s.user_id = $1 and s.ended_at is null and s.expires_at >= $2 and not exists (select 1 from revocations r where {RevocationRows.Covers})
            order by s.id limit 1
            """)
        .Set(user).Set(now);

    /// <summary>Locks those users that nobody else is working on; a logout is never waited for, nor made to wait for long.</summary>
    public static void LockFree(NpgsqlBatch batch, IEnumerable<UserId> users) => batch
        .Sql("select id from users where id = any($1) order by id for no key update skip locked").Ids(users);

    /// <summary>Unmarked sessions whose time was up since an instant, oldest first.</summary>
    public static void Expired(NpgsqlBatch batch, DateTimeOffset from, DateTimeOffset now, int limit) => batch
        .Sql($"select {Columns} from sessions s where s.ended_at is null and s.expires_at >= $1 and s.expires_at < $2 order by s.expires_at limit $3")
        .Set(from).Set(now).Set(limit);

    /// <summary>Unmarked sessions that this cut-off covers, in the order of their ids; each with the id of its user.</summary>
    public static void Covered(NpgsqlBatch batch, Revocation cutOff, SessionId? after, int limit)
    {
        // A user's sessions by the user's index; the others walk the table, as such endings are rare.
        var ofUser = cutOff.Scope is RevocationScope.User ? "s.user_id = (select id from users where issuer = $2 and subject = $3) and" : "";
        batch
            .Sql($"""
                select {Columns} from sessions s, (values (false, $1::bigint, $2::text, $3::text, $4::uuid, $5::bigint, $6::text, $7::uuid))
                    as r (swept, scope, issuer, key, up_to, up_to_second, except_session, except_id)
                where {ofUser} s.ended_at is null and s.id > $8 and {RevocationRows.Covers}
                order by s.id limit $9
                """)
            .Set((long)cutOff.Scope).Set(cutOff.Issuer).Set(cutOff.Key).IdOrNull(cutOff.UpTo).LongOrNull(cutOff.UpToSecond).Set(cutOff.Except)
            .IdOrNull(SessionId.TryParse(cutOff.Except, null, out var own) ? own : (SessionId?)null).Set(after ?? default).Set(limit);
    }

    public static void OfIds(NpgsqlBatch batch, IEnumerable<SessionId> ids) => batch
        .Sql($"select {Columns} from sessions s where s.id = any($1) order by s.id").Ids(ids);

    /// <summary>Marked sessions that ended before an instant and whose ending the log no longer holds.</summary>
    public static void Purge(NpgsqlBatch batch, DateTimeOffset endedBefore, int limit) => batch
        .Sql("""
            with gone as (delete from sessions where id in (
                select id from sessions s
                where ended_at < $1 and ended_at is not null and not exists (select 1 from revocations r where r.event = s.end_event)
                order by ended_at limit $2 for update skip locked) returning 1)
            select count(*) from gone
            """)
        .Set(endedBefore).Set(limit);

    /// <summary>Forgets what a user's rows say of devices and places.</summary>
    public static void ErasePersonal(NpgsqlBatch batch, UserId user, int limit) => batch
        .Sql("""
            with erased as (update sessions set device_name = null, user_agent = null, address = null where id in (
                select id from sessions
                where user_id = $1 and (device_name is not null or user_agent is not null or address is not null) limit $2) returning 1)
            select count(*) from erased
            """)
        .Set(user).Set(limit);

    // While no cut-off waits for its rows to be marked, which is nearly always, the index of the unmarked alone knows.
    private static void CountAll(NpgsqlBatch batch, DateTimeOffset now) => batch
        .Sql($"""
            select case when exists (select 1 from revocations r where not r.swept)
                then (select count(*) from sessions s where s.ended_at is null and s.expires_at >= $1 and not exists (select 1 from revocations r where {RevocationRows.Covers}))
                else (select count(*) from sessions s where s.ended_at is null and s.expires_at >= $1) end
            """)
        .Set(now);
}
