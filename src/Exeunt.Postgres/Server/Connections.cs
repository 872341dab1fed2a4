using Npgsql;

namespace Exeunt.Postgres.Server;

/// <summary>
/// The node's connections: a bounded pool, which opens what was lost anew, and one that writes. That one is kept apart so that its server process has what every
/// commit needs at hand, plans and tables, instead of taking turns with others.
/// </summary>
internal sealed class Connections : IAsyncDisposable
{
    // What commits ask for is found by index, with one plan for all values. The planner goes by what a table was when it was last analyzed: of a log that was
    // empty then it would read every row, for each commit, until that is done again.
    private const string ByIndex = "-c enable_seqscan=off -c plan_cache_mode=force_generic_plan";

    private readonly NpgsqlDataSource source;
    private readonly NpgsqlDataSource writing;
    private readonly string where;

    public Connections(PostgresSettings settings)
    {
        where = settings.Shown;
        var shared = settings.ConnectionString;
        shared.MaxPoolSize--;
        shared.MinPoolSize = Math.Min(shared.MinPoolSize, shared.MaxPoolSize);
        source = Build(shared);
        var own = settings.ConnectionString;
        (own.MinPoolSize, own.MaxPoolSize, own.Options) = (1, 1, $"{own.Options} {ByIndex}");
        writing = Build(own);
    }

    /// <summary>The database, in words that may be shown.</summary>
    public string Where => where;

    public ValueTask<NpgsqlConnection> OpenAsync(CancellationToken ct) => source.OpenConnectionAsync(ct);

    public NpgsqlConnection Open() => source.OpenConnection();

    /// <summary>The one that writes; waits until it is free.</summary>
    public ValueTask<NpgsqlConnection> OpenToWriteAsync(CancellationToken ct) => writing.OpenConnectionAsync(ct);

    /// <summary>Forgets every idle connection: the server was restarted, or is no longer the one that takes writes.</summary>
    public void Renew()
    {
        source.Clear();
        writing.Clear();
    }

    /// <summary>Runs statements that read, in one round trip. A connection that turns out to be dead is replaced once.</summary>
    /// <param name="ask">Adds the statements.</param>
    /// <param name="read">Reads their results.</param>
    /// <param name="ct">Stops waiting.</param>
    public async ValueTask<T> ReadAsync<T>(Action<NpgsqlBatch> ask, Func<Results, ValueTask<T>> read, CancellationToken ct)
    {
        try
        {
            try
            {
                return await ReadOnceAsync(ask, read, ct);
            }
            catch (Exception stale) when (stale.IsOfDatabase && !stale.IsRefusal && stale is not NpgsqlException { InnerException: TimeoutException })
            {
                Renew();
                return await ReadOnceAsync(ask, read, ct);
            }
        }
        catch (Exception failure) when (failure.IsOfDatabase)
        {
            throw failure.Translate(where);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await source.DisposeAsync();
        await writing.DisposeAsync();
    }

    private static NpgsqlDataSource Build(NpgsqlConnectionStringBuilder settings)
    {
        var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString);
        return settings.Host!.Contains(',', StringComparison.Ordinal)
            ? builder.BuildMultiHost().WithTargetSession(TargetSessionAttributes.Primary)
            : builder.Build();
    }

    private async ValueTask<T> ReadOnceAsync<T>(Action<NpgsqlBatch> ask, Func<Results, ValueTask<T>> read, CancellationToken ct)
    {
        await using var connection = await OpenAsync(ct);
        await using var batch = connection.CreateBatch();
        ask(batch);
        using var standby = new StandbyWatch(connection);
        T answer;
        await using (var results = new Results(await batch.ExecuteReaderAsync(ct), ct)) answer = await read(results);
        standby.EnsureReplicated(); // there are questions that write
        return answer;
    }
}
