using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Clients;
using Exeunt.Postgres.Rows;
using Exeunt.Postgres.Server;
using Exeunt.Protocol.Feed;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Exeunt.Storage;
using Npgsql;
using static Exeunt.Storage.Paging;

namespace Exeunt.Postgres;

/// <content>The reading side. Each question is one statement, and so sees one committed state from its first row to its last.</content>
public sealed partial class PostgresLedger
{
    // A session and the earliest cut-off over it, if any.
    private static readonly string Judged = $"select {SessionRows.Columns}, {RevocationRows.Columns.Replace("r.", "c.", StringComparison.Ordinal)} from sessions s {SessionSets.EarliestCutOff}";

    private DateTimeOffset Now => Clock.GetUtcNow();

    /// <inheritdoc/>
    public ValueTask<User?> FindUserAsync(UserId id, CancellationToken ct) =>
        connections.ReadAsync(batch => UserRows.Find(batch, id), results => results.FirstAsync(UserRows.Read), ct);

    /// <inheritdoc/>
    public ValueTask<User?> FindUserByEmailAsync(string normalizedEmail, CancellationToken ct) =>
        connections.ReadAsync(batch => UserRows.FindByEmail(batch, normalizedEmail), results => results.FirstAsync(UserRows.Read), ct);

    /// <inheritdoc/>
    public ValueTask<JudgedSession?> FindSessionAsync(SessionId id, CancellationToken ct) =>
        connections.ReadAsync(batch => batch.Sql($"{Judged} where s.id = $1").Set(id), results => results.FirstAsync(Judge), ct);

    /// <inheritdoc/>
    public ValueTask<JudgedSession?> FindSessionByOutsideIdAsync(string issuer, string outsideId, CancellationToken ct) =>
        connections.ReadAsync(batch => batch.Sql($"{Judged} where s.issuer = $1 and s.outside_id = $2").Set(issuer).Set(outsideId), results => results.FirstAsync(Judge), ct);

    /// <inheritdoc/>
    public async ValueTask<Page<JudgedSession>> SessionsAsync(SessionQuery query, CancellationToken ct)
    {
        CheckLimit(query.Limit, LongestListing);
        var before = Cursor.ToId<SessionId>(query.Cursor) ?? SessionId.From(UInt128.MaxValue);
        var now = Now;
        var found = await connections.ReadAsync(batch => AskForSessions(batch, query, before, now), results => results.AllAsync(Judge), ct);
        return PageOf(found, query.Limit, judged => Cursor.Of(judged.Session.Id));
    }

    /// <inheritdoc/>
    public async ValueTask<Page<User>> UsersAsync(UserQuery query, CancellationToken ct)
    {
        CheckLimit(query.Limit, LongestListing);
        var after = Cursor.ToId<UserId>(query.Cursor);
        var found = await connections.ReadAsync(
            batch =>
            {
                if (query.Search is null) UserRows.Page(batch, after, query.Limit + 1);
                else if (UserId.TryParse(query.Search, null, out var id)) UserRows.Find(batch, id);
                else UserRows.PageOfPrefix(batch, query.Search, after, query.Limit + 1);
            },
            results => results.AllAsync(UserRows.Read),
            ct);
        return PageOf(found, query.Limit, user => Cursor.Of(user.Id));
    }

    /// <inheritdoc/>
    public ValueTask<long> CountAliveAsync(EndScope scope, CancellationToken ct)
    {
        var now = Now;
        return connections.ReadAsync(batch => SessionSets.CountAlive(batch, scope, now), results => results.FirstAsync(row => row.Long()), ct);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<Revocation>> RevocationsAfterAsync(long sequence, int limit, CancellationToken ct) =>
        await connections.ReadAsync(batch => RevocationRows.After(batch, sequence, limit), results => results.AllAsync(RevocationRows.ReadWithEpoch), ct);

    /// <inheritdoc/>
    public ValueTask<LogNews> NewsAfterAsync(LogMark mark, int limit, CancellationToken ct) => connections.ReadAsync(
        batch =>
        {
            batch.UseIndexes();
            RevocationRows.After(batch, mark.Place.Sequence, limit);
            SettingRows.Standing(batch, mark); // after the rows: they are of no later life than it says
        },
        async results =>
        {
            await results.SkipAsync();
            var rows = await results.AllAsync(RevocationRows.ReadWithEpoch);
            var (epoch, isLost) = await results.FirstAsync(row => SettingRows.ReadStanding(row, mark));
            return new LogNews(epoch, isLost, isLost ? [] : rows);
        },
        ct);

    /// <inheritdoc/>
    public async ValueTask<FeedPlace> RevocationPlaceAsync(CancellationToken ct) =>
        (await connections.ReadAsync(SettingRows.Place, results => results.FirstAsync(row => new FeedPlace(row.Text(), row.Long())), ct))!;

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<RegisteredClient>> ClientsAsync(CancellationToken ct) =>
        await connections.ReadAsync(ClientRows.All, results => results.AllAsync(ClientRows.Read), ct);

    /// <inheritdoc/>
    public async ValueTask<Page<AuditRecord>> AuditAsync(AuditQuery query, CancellationToken ct)
    {
        CheckLimit(query.Limit, LongestAuditPage);
        var from = Cursor.ToPlace(query.Cursor);
        var found = await connections.ReadAsync(batch => AuditRows.Page(batch, query, from, query.Limit + 1), results => results.AllAsync(AuditRows.Read), ct);
        var page = PageOf(found, query.Limit, row => Cursor.Of(row.Place));
        return new([.. page.Items.Select(row => row.Record)], page.Next);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<AuditTally>> TallyAuditAsync(AuditTallyQuery query, CancellationToken ct) =>
        await connections.ReadAsync(batch => AuditTallies.Of(batch, query), results => results.AllAsync(row => AuditTallies.Read(row, query.Group)), ct);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<AuditRecord>> AuditChainAsync(string chain, long after, int limit, CancellationToken ct) =>
        await connections.ReadAsync(batch => AuditRows.OfChain(batch, chain, after, limit), results => results.AllAsync(row => AuditRows.Read(row).Record), ct);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<AuditHead>> AuditHeadsAsync(CancellationToken ct) =>
        await connections.ReadAsync(AuditUpkeep.Heads, results => results.AllAsync(AuditUpkeep.ReadHead), ct);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<AuditCheckpoint>> CheckpointsAsync(long? before, int limit, CancellationToken ct) =>
        await connections.ReadAsync(batch => AuditUpkeep.Checkpoints(batch, before, limit), results => results.AllAsync(AuditUpkeep.ReadCheckpoint), ct);

    // Covered and expired rows are not marked yet: among the alive they take no place on the page.
    private static void AskForSessions(NpgsqlBatch batch, SessionQuery query, SessionId before, DateTimeOffset now)
    {
        var sql = batch.Sql("").Set(before);
        List<string> conditions = ["s.id < $1"];
        if (query.User is { } user) conditions.Add($"s.user_id = {Next(sql.Set(user))}");
        if (query.Client is { } client) conditions.Add($"s.client = {Next(sql.Set(client))}");
        if (query.AliveOnly) conditions.Add($"s.ended_at is null and s.expires_at >= {Next(sql.Set(now))} and c.seq is null");
        sql.CommandText = $"{Judged} where {string.Join(" and ", conditions)} order by s.id desc limit {Next(sql.Set(query.Limit + 1))}";

        static string Next(NpgsqlBatchCommand added) => $"${added.Parameters.Count}";
    }

    private JudgedSession Judge(Row row)
    {
        var session = SessionRows.Read(ref row);
        var cutOff = row.IsNull ? null : RevocationRows.Read(row, Epoch);
        return new(session, session.Judge(cutOff, Now));
    }
}
