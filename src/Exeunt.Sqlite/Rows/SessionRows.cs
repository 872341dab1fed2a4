using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Sessions;
using Exeunt.Sqlite.Files;

namespace Exeunt.Sqlite.Rows;

/// <summary>Sessions as rows: one by one. <see cref="SessionSets"/> has the questions about many.</summary>
internal static class SessionRows
{
    public const string Columns = """
        id, user_id, issuer, outside_id, subject, client, device_name, user_agent, address, opened_at, authenticated_at, amr, last_seen_at, expires_at,
        absolute_expires_at, last_token_expires_at, secret, current, predecessor, rotated_at, ended_at, end_event, end_reason
        """;

    public static Session? Find(Database db, SessionId id) => db.Sql($"select {Columns} from sessions where id = ?").Set(id).First(Read);

    public static Session? FindByOutsideId(Database db, string issuer, string outsideId) =>
        db.Sql($"select {Columns} from sessions where issuer = ? and outside_id = ?").Set(issuer).Set(outsideId).First(Read);

    public static void Insert(Database db, Session session) => db
        .Sql($"insert into sessions ({Columns}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .Set(session.Id).Set(session.User).Set(session.Issuer).Set(session.OutsideId).Set(session.Subject).Set(session.Client).Set(session.DeviceName)
        .Set(session.UserAgent).Set(session.Address).Set(session.OpenedAt).Set(session.AuthenticatedAt).Set(session.Amr).Set(session.LastSeenAt)
        .Set(session.ExpiresAt).Set(session.AbsoluteExpiresAt).Set(session.LastTokenExpiresAt).Set(session.Secret)
        .Set(session.Generations.Current).Set(session.Generations.Predecessor).Set(session.Generations.RotatedAt)
        .Set(session.End?.At).Set(session.End?.Event).Set((long?)session.End?.Reason)
        .Run();

    /// <summary>
    /// Two statements, because SQLite rewrites every index that depends on a column which is named, changed or not: a refresh must not pay for an end.
    /// </summary>
    public static void Update(Database db, Session session)
    {
        const string Uses = """
            update sessions set
                last_seen_at = ?, expires_at = ?, absolute_expires_at = ?, last_token_expires_at = ?, current = ?, predecessor = ?, rotated_at = ?
            """;
        var changed = session.End is { } end
            ? SetUses(db.Sql($"""
                {Uses}, ended_at = coalesce(ended_at, ?), end_event = coalesce(end_event, ?), end_reason = coalesce(end_reason, ?) where id = ?
                """), session).Set(end.At).Set(end.Event).Set((long)end.Reason).Set(session.Id).Run()
            : SetUses(db.Sql($"{Uses} where id = ? and ended_at is null"), session).Set(session.Id).Run();
        if (changed == 0) throw new InvalidOperationException($"There is no session {session.Id} to update, or it has ended and cannot come back.");
    }

    /// <summary>Marks the row that a session's own revocation speaks of, if there is one and it is not marked.</summary>
    public static void MarkFrom(Database db, Revocation revocation)
    {
        const string Mark = "update sessions set ended_at = ?, end_event = ?, end_reason = ? where ended_at is null and";
        if (revocation.Scope != RevocationScope.Session) return;

        db.Sql($"{Mark} issuer = ? and outside_id = ?").Set(revocation.At).Set(revocation.Event).Set((long)revocation.Reason)
            .Set(revocation.Issuer).Set(revocation.Key).Run();
        if (SessionId.TryParse(revocation.Key, null, out var own))
        {
            db.Sql($"{Mark} id = ? and issuer = ? and outside_id is null").Set(revocation.At).Set(revocation.Event).Set((long)revocation.Reason)
                .Set(own).Set(revocation.Issuer).Run();
        }
    }

    public static Session Read(Statement row) => new()
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
        End = row.TimeOrNull() is { } endedAt ? new(row.Key<EventId>(), endedAt, (EndReason)row.Long()) : null,
    };

    private static Statement SetUses(Statement sql, Session session) => sql
        .Set(session.LastSeenAt).Set(session.ExpiresAt).Set(session.AbsoluteExpiresAt).Set(session.LastTokenExpiresAt)
        .Set(session.Generations.Current).Set(session.Generations.Predecessor).Set(session.Generations.RotatedAt);
}
