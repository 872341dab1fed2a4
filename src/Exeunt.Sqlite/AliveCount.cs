using Exeunt.Protocol.Ids;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Exeunt.Sqlite.Files;
using Exeunt.Sqlite.Rows;

namespace Exeunt.Sqlite;

/// <summary>
/// How many sessions are alive: not marked, not covered, not expired; always exact. Where no unswept cut-off lies over a user's
/// sessions its own count answers, otherwise each is judged; a client or an issuer is counted by a walk through the table, in the order of the disk.
/// </summary>
internal static class AliveCount
{
    private const string Alive = "ended_at is null and expires_at >= ?";

    public static long Of(Database db, CutOffs cutOffs, EndScope scope, DateTimeOffset now) => scope switch
    {
        EndScope.OneSession one => SessionRows.Find(db, one.Session) is { } session && session.Judge(cutOffs.EarliestOver(session), now) is null ? 1 : 0,
        EndScope.AllOf all => OfUser(db, cutOffs, all, now),
        EndScope.Client client => Scan(db, cutOffs, $"not indexed where {Alive} and outside_id is null and client = ?", now, client.ClientId),
        EndScope.Issuer issuer => Scan(db, cutOffs, $"not indexed where {Alive} and issuer = ?", now, issuer.Name),
        EndScope.Everyone => Scan(db, cutOffs, cutOffs.Any ? $"not indexed where {Alive}" : $"indexed by unmarked_by_expiry where {Alive}", now, target: null),
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

        // Expired rows are marked every minute, so few of anybody's are left in this part of the index.
        var expired = db
            .Sql("select count(*) from sessions indexed by unmarked_by_expiry where ended_at is null and expires_at < ? and user_id = ?")
            .Set(now).Set(all.User).Number() ?? 0;
        return user.UnmarkedSessions - expired - (IsSpared(db, all, now) ? 1 : 0);
    }

    // Only an alive session of this very user was counted, so only that one is taken off again.
    private static bool IsSpared(Database db, EndScope.AllOf all, DateTimeOffset now) =>
        all.Except is { } except && SessionRows.Find(db, except) is { End: null } session && session.User == all.User && session.ExpiresAt >= now;

    private static long Scan(Database db, CutOffs cutOffs, string which, DateTimeOffset now, string? target)
    {
        var covers = cutOffs.Any;
        var rows = db.Sql($"select {(covers ? SessionRows.Columns : "count(*)")} from sessions {which}").Set(now);
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
