using System.Security.Cryptography;
using Exeunt.Audit;
using Exeunt.Postgres.Rows;
using Exeunt.Postgres.Server;
using Exeunt.Protocol.Ids;
using Exeunt.Storage;
using Npgsql;

namespace Exeunt.Postgres;

/// <summary>What happens when a node opens the ledger: migrations, the first epoch, the node's chain, and ledger time. One node at a time.</summary>
internal sealed class Opening(Connections connections, PostgresSettings settings, LedgerClock clock)
{
    public const long OpeningLock = 0x45786E74_0002;

    private static readonly TimeSpan LongestDoubt = TimeSpan.FromDays(1); // far beyond what anybody waits for the outcome of a commit

    /// <summary>Brings the tables up to date and makes what is missing.</summary>
    public async Task<(bool Created, string Chain, string Epoch)> PrepareAsync(CancellationToken ct)
    {
        if (settings.FollowDatabaseClock) await News.FollowClockAsync(connections, clock, ct);
        await using var connection = await connections.OpenAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using (var alone = new NpgsqlCommand($"select pg_advisory_xact_lock({OpeningLock})", connection)) await alone.ExecuteNonQueryAsync(ct);

        var created = await Migrations.ApplyAsync(connection, settings.ConnectionString.SearchPath!, connections.Where, clock.GetUtcNow(), ct);
        var server = new Dialogue(connection);
        if (!created && await SettingRows.IsBeingFilledAsync(server))
            throw new InvalidDataException($"A ledger is being moved into {connections.Where}, or that was broken off: finish it with exeunt migrate, which begins anew.");
        await NotBehindAsync(server);
        if (created) await server.RunAsync(batch => SettingRows.BeginEpoch(batch, RandomName(), clock.GetUtcNow(), lastSequence: 0));
        await server.RunAsync(batch => CommitRows.Forget(batch, clock.GetUtcNow() - LongestDoubt));
        var chain = await ChainAsync(server);
        var epoch = await server.AskAsync(SettingRows.Epoch, results => results.FirstAsync(row => row.Text()));
        await transaction.CommitAsync(ct);
        if (created) connections.Renew(); // connections that were opened before there was a schema
        return (created, chain, epoch!);
    }

    /// <summary>Whether the ledger is not the one that this node remembers: it never lived in that epoch, did not come that far in it, or holds something else there.</summary>
    public async Task<bool> IsBehindAsync(NodeMemory remembered, CancellationToken ct) => remembered.Mark is { } mark && await connections.ReadAsync(
        batch => SettingRows.Standing(batch, mark), async results => (await results.FirstAsync(row => SettingRows.ReadStanding(row, mark))).IsLost, ct);

    /// <summary>A name that no other ledger has: 64 random bits in hexadecimal.</summary>
    public static string RandomName() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));

    private async ValueTask NotBehindAsync(Dialogue server)
    {
        var (at, session) = await server.AskAsync(SettingRows.Newest, results => results.FirstAsync(row => (row.TimeOrNull(), row.KeyOrNull<SessionId>())));
        if (at is { } newest) clock.NotBefore(newest);
        if (session is { } id) clock.NotBefore(Uuid7.TimeOf(id.Value));
    }

    private async ValueTask<string> ChainAsync(Dialogue server)
    {
        if (await server.AskAsync(batch => AuditUpkeep.ChainOf(batch, settings.Node), results => results.FirstAsync(row => row.Text())) is { } known) return known;

        var chain = RandomName();
        var opened = AuditChain.Link(chain, 1, AuditChain.Origin, new AuditEntry
        {
            At = DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds()),
            Action = AuditActions.ChainOpened,
            By = Actor.Job("ledger"),
            Detail = chain,
        });
        await server.RunAsync(batch =>
        {
            AuditUpkeep.OpenChain(batch, chain, settings.Node);
            AuditRows.Insert(batch, [opened]);
            AuditUpkeep.MoveHead(batch, opened);
        });
        return chain;
    }
}
