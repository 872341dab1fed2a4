using Exeunt.Postgres.Server;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Sessions;
using Npgsql;

namespace Exeunt.Postgres.Rows;

/// <summary>Sessions as rows: one by one, and many at once. <see cref="SessionSets"/> has the questions about many.</summary>
internal static class SessionRows
{
    public const string Columns = """
        s.id, s.user_id, s.issuer, s.outside_id, s.subject, s.client, s.device_name, s.user_agent, s.address, s.opened_at, s.authenticated_at, s.amr,
        s.last_seen_at, s.expires_at, s.absolute_expires_at, s.last_token_expires_at, s.secret, s.current, s.predecessor, s.rotated_at, s.ended_at,
        s.end_event, s.end_reason
        """;

    public static void Insert(NpgsqlBatch batch, IReadOnlyCollection<Session> sessions) => batch
        .Sql("""
            insert into sessions (id, user_id, issuer, outside_id, subject, client, device_name, user_agent, address, opened_at, authenticated_at, amr,
                last_seen_at, expires_at, absolute_expires_at, last_token_expires_at, secret, current, predecessor, rotated_at, ended_at, end_event, end_reason)
            select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::bigint[],
                $11::bigint[], $12::text[], $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[], $17::bytea[], $18::bigint[], $19::bigint[],
                $20::bigint[], $21::bigint[], $22::uuid[], $23::bigint[])
            """)
        .Ids(sessions.Select(s => s.Id)).Ids(sessions.Select(s => s.User)).Texts(sessions.Select(s => s.Issuer)).Texts(sessions.Select(s => s.OutsideId))
        .Texts(sessions.Select(s => s.Subject)).Texts(sessions.Select(s => s.Client)).Texts(sessions.Select(s => s.DeviceName))
        .Texts(sessions.Select(s => s.UserAgent)).Texts(sessions.Select(s => s.Address))
        .Times(sessions.Select(s => (DateTimeOffset?)s.OpenedAt)).Times(sessions.Select(s => s.AuthenticatedAt)).Texts(sessions.Select(s => s.Amr))
        .Times(sessions.Select(s => (DateTimeOffset?)s.LastSeenAt)).Times(sessions.Select(s => (DateTimeOffset?)s.ExpiresAt))
        .Times(sessions.Select(s => (DateTimeOffset?)s.AbsoluteExpiresAt)).Times(sessions.Select(s => (DateTimeOffset?)s.LastTokenExpiresAt))
        .Blobs(sessions.Select(s => s.Secret))
        .Longs(sessions.Select(s => (long?)s.Generations.Current)).Longs(sessions.Select(s => (long?)s.Generations.Predecessor))
        .Times(sessions.Select(s => s.Generations.RotatedAt))
        .Times(sessions.Select(s => s.End?.At)).IdsOrNulls(sessions.Select(s => s.End?.Event)).Longs(sessions.Select(s => (long?)s.End?.Reason));

    /// <summary>Replaces what can change; an end that is recorded stays. A row that is missing, or would lose its end, fails the statement.</summary>
    public static void Update(NpgsqlBatch batch, IReadOnlyCollection<Session> sessions) => batch
        .Sql("""
            with changed as (
                update sessions s set
                    last_seen_at = n.last_seen_at, expires_at = n.expires_at, absolute_expires_at = n.absolute_expires_at,
                    last_token_expires_at = n.last_token_expires_at, current = n.current, predecessor = n.predecessor, rotated_at = n.rotated_at,
                    ended_at = coalesce(s.ended_at, n.ended_at), end_event = coalesce(s.end_event, n.end_event), end_reason = coalesce(s.end_reason, n.end_reason::integer)
                from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[],
                        $10::uuid[], $11::bigint[])
                    as n (id, last_seen_at, expires_at, absolute_expires_at, last_token_expires_at, current, predecessor, rotated_at, ended_at, end_event, end_reason)
                where s.id = n.id and (s.ended_at is null or n.ended_at is not null) returning 1)
            select must_be(count(*), cardinality($1), 'there is no such session to update, or it has ended and cannot come back') from changed
            """)
        .Ids(sessions.Select(s => s.Id)).Times(sessions.Select(s => (DateTimeOffset?)s.LastSeenAt)).Times(sessions.Select(s => (DateTimeOffset?)s.ExpiresAt))
        .Times(sessions.Select(s => (DateTimeOffset?)s.AbsoluteExpiresAt)).Times(sessions.Select(s => (DateTimeOffset?)s.LastTokenExpiresAt))
        .Longs(sessions.Select(s => (long?)s.Generations.Current)).Longs(sessions.Select(s => (long?)s.Generations.Predecessor))
        .Times(sessions.Select(s => s.Generations.RotatedAt))
        .Times(sessions.Select(s => s.End?.At)).IdsOrNulls(sessions.Select(s => s.End?.Event)).Longs(sessions.Select(s => (long?)s.End?.Reason));

    /// <summary>Marks the row that a session's own revocation speaks of, if there is one and it is not marked.</summary>
    public static void MarkFrom(NpgsqlBatch batch, Revocation revocation)
    {
        const string Mark = "update sessions set ended_at = $1, end_event = $2, end_reason = $3 where ended_at is null and";
        if (revocation.Scope != RevocationScope.Session) return;

        batch.Sql($"{Mark} issuer = $4 and outside_id = $5").Set(revocation.At).Set(revocation.Event).Set((long)revocation.Reason)
            .Set(revocation.Issuer).Set(revocation.Key);
        if (SessionId.TryParse(revocation.Key, null, out var own))
        {
            batch.Sql($"{Mark} id = $4 and issuer = $5 and outside_id is null").Set(revocation.At).Set(revocation.Event).Set((long)revocation.Reason)
                .Set(own).Set(revocation.Issuer);
        }
    }

    public static Session Read(Row row) => Read(ref row);

    /// <summary>The same, when more columns follow.</summary>
    public static Session Read(ref Row row) => new()
    {
        Id = row.Key<SessionId>(),
        User = row.Key<UserId>(),
        Issuer = row.Text(),
        OutsideId = row.TextOrNull(),
        Subject = row.Text(),
        Client = row.Text(),
        DeviceName = row.TextOrNull(),
        UserAgent = row.TextOrNull(),
        Address = row.TextOrNull(),
        OpenedAt = row.Time(),
        AuthenticatedAt = row.TimeOrNull(),
        Amr = row.Text(),
        LastSeenAt = row.Time(),
        ExpiresAt = row.Time(),
        AbsoluteExpiresAt = row.Time(),
        LastTokenExpiresAt = row.Time(),
        Secret = row.Bytes(),
        Generations = new((uint)row.Long(), (uint?)row.LongOrNull(), row.TimeOrNull()),
        End = ReadEnd(ref row),
    };

    private static SessionEnd? ReadEnd(ref Row row)
    {
        var (at, ending, reason) = (row.TimeOrNull(), row.KeyOrNull<EventId>(), row.IntOrNull());
        return at is { } ended ? new(ending!.Value, ended, (EndReason)reason!.Value) : null;
    }
}
