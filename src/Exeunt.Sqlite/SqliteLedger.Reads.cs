using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Clients;
using Exeunt.Protocol.Feed;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Exeunt.Sqlite.Rows;
using Exeunt.Storage;
using static Exeunt.Storage.Paging;

namespace Exeunt.Sqlite;

/// <content>The reading side.</content>
public sealed partial class SqliteLedger
{
    /// <inheritdoc/>
    public ValueTask<User?> FindUserAsync(UserId id, CancellationToken ct) => readers.ReadAsync(at => UserRows.Find(at.Db, id), ct);

    /// <inheritdoc/>
    public ValueTask<User?> FindUserByEmailAsync(string normalizedEmail, CancellationToken ct) =>
        readers.ReadAsync(at => UserRows.FindByEmail(at.Db, normalizedEmail), ct);

    /// <inheritdoc/>
    public ValueTask<JudgedSession?> FindSessionAsync(SessionId id, CancellationToken ct) =>
        readers.ReadAsync(at => SessionRows.Find(at.Db, id) is { } session ? at.Judge(session) : null, ct);

    /// <inheritdoc/>
    public ValueTask<JudgedSession?> FindSessionByOutsideIdAsync(string issuer, string outsideId, CancellationToken ct) =>
        readers.ReadAsync(at => SessionRows.FindByOutsideId(at.Db, issuer, outsideId) is { } session ? at.Judge(session) : null, ct);

    /// <inheritdoc/>
    public ValueTask<Page<JudgedSession>> SessionsAsync(SessionQuery query, CancellationToken ct)
    {
        CheckLimit(query.Limit, LongestListing);
        var before = Cursor.ToId<SessionId>(query.Cursor);
        return readers.ReadAsync(at => PageOf(Sessions(at, query, before), query.Limit, judged => Cursor.Of(judged.Session.Id)), ct);
    }

    /// <inheritdoc/>
    public ValueTask<Page<User>> UsersAsync(UserQuery query, CancellationToken ct)
    {
        CheckLimit(query.Limit, LongestListing);
        var after = Cursor.ToId<UserId>(query.Cursor);
        return readers.ReadAsync(at => PageOf(Users(at, query, after), query.Limit, user => Cursor.Of(user.Id)), ct);
    }

    /// <inheritdoc/>
    public ValueTask<long> CountAliveAsync(EndScope scope, CancellationToken ct) =>
        readers.ReadAsync(at => AliveCount.Of(at.Db, at.CutOffs, scope, at.Now), ct);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Revocation>> RevocationsAfterAsync(long sequence, int limit, CancellationToken ct) =>
        readers.ReadAsync<IReadOnlyList<Revocation>>(at => RevocationRows.After(at.Db, sequence, limit, at.Epoch), ct);

    /// <inheritdoc/>
    public ValueTask<LogNews> NewsAfterAsync(LogMark mark, int limit, CancellationToken ct) => readers.ReadAsync(
        at => RolledBack.IsLostTo(at.Db, mark)
            ? new LogNews(at.Epoch, IsLost: true, [])
            : new LogNews(at.Epoch, IsLost: false, RevocationRows.After(at.Db, mark.Place.Sequence, limit, at.Epoch)),
        ct);

    /// <inheritdoc/>
    public ValueTask<FeedPlace> RevocationPlaceAsync(CancellationToken ct) =>
        readers.ReadAsync(at => new FeedPlace(at.Epoch, RevocationRows.NewestSequence(at.Db)), ct);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<RegisteredClient>> ClientsAsync(CancellationToken ct) =>
        readers.ReadAsync<IReadOnlyList<RegisteredClient>>(at => ClientRows.All(at.Db), ct);

    /// <inheritdoc/>
    public ValueTask<Page<AuditRecord>> AuditAsync(AuditQuery query, CancellationToken ct)
    {
        CheckLimit(query.Limit, LongestAuditPage);
        var from = Cursor.ToPlace(query.Cursor);
        return readers.ReadAsync(
            at =>
            {
                var page = PageOf(AuditRows.Page(at.Db, query, from, query.Limit + 1), query.Limit, row => Cursor.Of(row.Place));
                return new Page<AuditRecord>([.. page.Items.Select(row => row.Record)], page.Next);
            },
            ct);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<AuditTally>> TallyAuditAsync(AuditTallyQuery query, CancellationToken ct) =>
        readers.ReadAsync<IReadOnlyList<AuditTally>>(at => AuditTallies.Of(at.Db, query), ct);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<AuditRecord>> AuditChainAsync(string chain, long after, int limit, CancellationToken ct) =>
        readers.ReadAsync<IReadOnlyList<AuditRecord>>(at => AuditRows.OfChain(at.Db, chain, after, limit), ct);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<AuditHead>> AuditHeadsAsync(CancellationToken ct) =>
        readers.ReadAsync<IReadOnlyList<AuditHead>>(at => AuditUpkeep.Heads(at.Db), ct);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<AuditCheckpoint>> CheckpointsAsync(long? before, int limit, CancellationToken ct) =>
        readers.ReadAsync<IReadOnlyList<AuditCheckpoint>>(at => AuditUpkeep.Checkpoints(at.Db, before, limit), ct);

    private static IEnumerable<JudgedSession> Sessions(Snapshot at, SessionQuery query, SessionId? before)
    {
        var chunk = query.Limit + 1;
        while (true)
        {
            var rows = SessionSets.Page(at.Db, query.User, query.Client, query.AliveOnly, before, chunk);
            foreach (var judged in rows.Select(at.Judge))
            {
                // Covered and expired rows are not marked yet: they take no place on the page.
                if (!query.AliveOnly || judged.End is null) yield return judged;
            }

            if (rows.Count < chunk) yield break;
            before = rows[^1].Id;
        }
    }

    private static List<User> Users(Snapshot at, UserQuery query, UserId? after)
    {
        if (query.Search is null) return UserRows.Page(at.Db, after, query.Limit + 1);
        if (!UserId.TryParse(query.Search, null, out var id)) return UserRows.PageOfPrefix(at.Db, query.Search, after, query.Limit + 1);
        return UserRows.Find(at.Db, id) is { } user ? [user] : [];
    }
}
