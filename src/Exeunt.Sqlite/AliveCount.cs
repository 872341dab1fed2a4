using Exeunt.Protocol.Ids;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Exeunt.Sqlite.Files;
using Exeunt.Sqlite.Rows;

namespace Exeunt.Sqlite;

/// <summary>
/// How many sessions are alive: not marked, not covered, not expired; always exact. Where no unswept cut-off lies over the scope an index answers, for a
/// user even its own count; otherwise each unmarked session is judged.
/// </summary>
internal static class AliveCount
{
    private const string Alive = "ended_at is null and expires_at >= ?";

    public static long Of(Database db, CutOffs cutOffs, EndScope scope, DateTimeOffset now) => scope switch
    {
        EndScope.OneSession one => SessionRows.Find(db, one.Session) is { } session && session.Judge(cutOffs.EarliestOver(session), now) is null ? 1 : 0,
        EndScope.AllOf all => OfUser(db, cutOffs, all, now),
        EndScope.Client client => Scan(
            db, cutOffs, $"from sessions indexed by unmarked_by_client where {Alive} and outside_id is null and client = ?", now, client.ClientId),
        EndScope.Issuer issuer => Scan(db, cutOffs, $"from sessions indexed by unmarked_by_issuer where {Alive} and issuer = ?", now, issuer.Name),
        EndScope.Everyone => Scan(db, cutOffs, $"from sessions indexed by unmarked_by_expiry where {Alive}", now, target: null),
        _ => throw new ArgumentOutOfRangeException(nameof(scope)),
    };

    private static long OfUser(Database db, CutOffs cutOffs, EndScope.AllOf all, DateTimeOffset now)
    {
        if (UserRows.Find(db, all.User) is not { UnmarkedSessions: > 0 } user) return 0;

        if (cutOffs.MayLieOver(user))
        {
            return SessionSets.UnmarkedOf(db, all.User)
                .LongCount(session => session.Id != all.Except && session.Judge(cutOffs.EarliestOver(session), now) is null);
        }

        var expired = db
            .Sql("select count(*) from sessions indexed by unmarked_by_user where user_id = ? and ended_at is null and expires_at < ?")
            .Set(all.User).Set(now).Number() ?? 0;
        return user.UnmarkedSessions - expired - (IsSpared(db, all, now) ? 1 : 0);
    }

    // Only an alive session of this very user was counted, so only that one is taken off again.
    private static bool IsSpared(Database db, EndScope.AllOf all, DateTimeOffset now) =>
        all.Except is { } except && SessionRows.Find(db, except) is { End: null } session && session.User == all.User && session.ExpiresAt >= now;

    private static long Scan(Database db, CutOffs cutOffs, string from, DateTimeOffset now, string? target)
    {
        var covers = cutOffs.Any;
        var rows = db.Sql($"select {(covers ? SessionRows.Columns : "count(*)")} {from}").Set(now);
        if (target is not null) rows.Set(target);
        if (!covers) return rows.Number() ?? 0;

        long alive = 0;
        while (rows.Step())
        {
            if (cutOffs.EarliestOver(SessionRows.Read(rows)) is null) alive++;
        }

        rows.Rewind();
        return alive;
    }

    /// <summary>The oldest session of a user that is alive; null for none.</summary>
    public static Session? Oldest(Database db, CutOffs cutOffs, UserId user, DateTimeOffset now) =>
        SessionSets.UnmarkedOf(db, user).Find(session => session.Judge(cutOffs.EarliestOver(session), now) is null);
}
