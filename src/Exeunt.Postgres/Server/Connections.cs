using Npgsql;

namespace Exeunt.Postgres.Server;

/// <summary>The node's connections: a bounded pool, which opens what was lost anew.</summary>
internal sealed class Connections : IAsyncDisposable
{
    private readonly NpgsqlDataSource source;
    private readonly string where;

    public Connections(PostgresSettings settings)
    {
        where = settings.Shown;
        var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString.ConnectionString);
        source = settings.ConnectionString.Host!.Contains(',', StringComparison.Ordinal)
            ? builder.BuildMultiHost().WithTargetSession(TargetSessionAttributes.Primary)
            : builder.Build();
    }

    /// <summary>The database, in words that may be shown.</summary>
    public string Where => where;

    public ValueTask<NpgsqlConnection> OpenAsync(CancellationToken ct) => source.OpenConnectionAsync(ct);

    public NpgsqlConnection Open() => source.OpenConnection();

    /// <summary>Forgets every idle connection: the server was restarted, or is no longer the one that takes writes.</summary>
    public void Renew() => source.Clear();

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

    public ValueTask DisposeAsync() => source.DisposeAsync();

    private async ValueTask<T> ReadOnceAsync<T>(Action<NpgsqlBatch> ask, Func<Results, ValueTask<T>> read, CancellationToken ct)
    {
        await using var connection = await OpenAsync(ct);
        await using var batch = connection.CreateBatch();
        ask(batch);
        await using var results = new Results(await batch.ExecuteReaderAsync(ct), ct);
        return await read(results);
    }
}
