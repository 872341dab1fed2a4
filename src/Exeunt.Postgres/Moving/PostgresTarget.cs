using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Postgres.Rows;
using Exeunt.Postgres.Server;
using Exeunt.Storage;
using Exeunt.Storage.Moving;
using Npgsql;

namespace Exeunt.Postgres.Moving;

/// <summary>
/// An empty database that a whole ledger is put into. From <see cref="BeginAsync"/> to <see cref="FinishAsync"/> it serves nobody, even if this process dies in
/// between; whoever moves into it again begins from nothing.
/// </summary>
/// <exception cref="LedgerUnavailableException">Any member, when the database cannot be used.</exception>
public sealed class PostgresTarget : IAsyncDisposable
{
    private const long MovingLock = 0x45786E74_0004;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5); // for one statement over a whole table

    private readonly Connections connections;
    private readonly NpgsqlConnection connection;
    private readonly Dialogue server;
    private readonly PostgresSettings settings;
    private readonly LedgerClock clock;
    private LedgerState? state;

    private PostgresTarget(PostgresSettings settings, Connections connections, NpgsqlConnection connection, LedgerClock clock)
    {
        (this.settings, this.connections, this.connection, this.clock) = (settings, connections, connection, clock);
        server = new(connection);
    }

    /// <summary>Whether a move into it was broken off before.</summary>
    public bool WasBrokenOff { get; private set; }

    /// <summary>The database, in words that may be shown.</summary>
    public string Where => connections.Where;

    /// <summary>The epoch that the ledger has begun here; empty before <see cref="BeginAsync"/>.</summary>
    public string Epoch { get; private set; } = "";

    /// <summary>Takes the database and makes the tables.</summary>
    /// <exception cref="InvalidDataException">It holds a ledger, or the tables of another program, or somebody else is moving into it.</exception>
    public static async Task<PostgresTarget> OpenAsync(PostgresSettings settings, LedgerClock clock, CancellationToken ct)
    {
        var patient = settings with { CommitDeadline = Patience };
        var pool = new Connections(patient);
        PostgresTarget? target = null;
        try
        {
            // One connection for everything: the lock that keeps a second move away lives and dies with what writes.
            target = new(patient, pool, await pool.OpenAsync(ct), clock);
            await target.TakeAsync(ct);
            return target;
        }
        catch (Exception failure)
        {
            await (target?.DisposeAsync() ?? pool.DisposeAsync());
            throw Translated(failure, pool.Where);
        }
    }

    /// <summary>Empties the database of what a broken move has left and puts down the frame of the ledger, in a new epoch.</summary>
    public Task BeginAsync(LedgerState from) => AskAsync(async () =>
    {
        (state, Epoch) = (from, Opening.RandomName());
        await server.RunAsync(batch => Whole.Begin(batch, from, Epoch, clock.GetUtcNow()));
    });

    /// <summary>Puts down a piece, whole or not at all.</summary>
    public Task PutAsync(LedgerPiece piece) => AskAsync(() => server.RunAsync(batch => Put(batch, piece)));

    /// <summary>How many rows it has.</summary>
    public async Task<LedgerCounts> CountAsync()
    {
        LedgerCounts? counts = null;
        await AskAsync(async () => counts = await server.AskAsync(Whole.Counts, results => results.FirstAsync(Whole.ReadCounts)));
        return counts!;
    }

    /// <summary>The whole ledger to read, for proving it. It does not serve.</summary>
    public PostgresLedger ToRead() => new(settings, clock);

    /// <summary>Closes the old chain with an entry that tells of the move and lets the ledger serve, in one transaction.</summary>
    public Task FinishAsync(string from) => AskAsync(async () =>
    {
        await server.RunAsync(Whole.Analyze);
        await server.RunAsync(batch =>
        {
            if (state!.Chains is [.., var last])
            {
                var moved = AuditChain.Link(last.Chain, last.Number + 1, last.Hash, new AuditEntry
                {
                    At = DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds()),
                    Action = AuditActions.LedgerMoved,
                    By = Actor.Operator,
                    Detail = $"from {from}, epoch {state.Epoch} at {state.Sequence}, to {Where}; epoch {Epoch} begins",
                });
                AuditRows.Insert(batch, [moved]);
                AuditUpkeep.MoveHead(batch, moved);
            }

            SettingRows.EndFilling(batch);
        });
    });

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearPool(connection); // the lock goes with the connection
        await connection.DisposeAsync();
        await connections.DisposeAsync();
    }

    private static void Put(NpgsqlBatch batch, LedgerPiece piece)
    {
        switch (piece)
        {
            case LedgerPiece.Users users:
                foreach (var user in users.Rows) UserRows.Insert(batch, user);
                break;
            case LedgerPiece.Sessions sessions:
                SessionRows.Insert(batch, sessions.Rows);
                break;
            case LedgerPiece.Revocations revocations:
                RevocationRows.Insert(batch, revocations.Rows);
                RevocationRows.MarkSwept(batch, revocations.Rows.Where(r => r.IsCutOff && !revocations.Unswept.Contains(r.Sequence)));
                break;
            case LedgerPiece.Entries entries:
                AuditRows.Insert(batch, entries.Rows);
                break;
            case LedgerPiece.Checkpoints checkpoints:
                foreach (var checkpoint in checkpoints.Rows) AuditUpkeep.AppendCheckpoint(batch, checkpoint.At, checkpoint.Jws);
                break;
            case LedgerPiece.Clients clients:
                foreach (var client in clients.Rows) ClientRows.Insert(batch, client);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(piece));
        }
    }

    private async Task TakeAsync(CancellationToken ct)
    {
        if (settings.FollowDatabaseClock) await News.FollowClockAsync(connections, clock, ct);
        await server.RunAsync(batch => batch.Sql("set lock_timeout = '10s'")); // a move that was just killed may not be gone yet
        try
        {
            await server.RunAsync(batch => batch.Sql($"select pg_advisory_lock({MovingLock})"));
        }
        catch (PostgresTrouble busy) when (busy.Cause is PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable })
        {
            throw new InvalidDataException($"Another move into {Where} is under way.", busy);
        }

        // Under the lock of openings: a node that starts meanwhile finds either nothing, or a database that is being filled.
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await server.RunAsync(batch => batch.Sql($"select pg_advisory_xact_lock({Opening.OpeningLock})"));
        var created = await Migrations.ApplyAsync(connection, settings.ConnectionString.SearchPath!, Where, clock.GetUtcNow(), ct);
        WasBrokenOff = !created && await SettingRows.IsBeingFilledAsync(server);
        if (!created && !WasBrokenOff)
        {
            var counts = await server.AskAsync(Whole.Counts, results => results.FirstAsync(Whole.ReadCounts));
            throw new InvalidDataException(
                $"There is a ledger in {Where} already: {counts}. Nothing was changed. Name an empty database, or an empty schema with Search Path=…");
        }

        await server.RunAsync(SettingRows.BeginFilling);
        await transaction.CommitAsync(ct);
    }

    private async Task AskAsync(Func<ValueTask> ask)
    {
        try
        {
            await ask();
        }
        catch (Exception failure)
        {
            throw Translated(failure, Where);
        }
    }

    private static Exception Translated(Exception failure, string where) => (failure is PostgresTrouble trouble ? trouble.Cause : failure).Translate(where);
}
