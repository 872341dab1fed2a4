using Npgsql;

namespace Exeunt.Postgres.Server;

/// <summary>The results of a batch, one after the other.</summary>
internal sealed class Results(NpgsqlDataReader reader, CancellationToken ct) : IAsyncDisposable
{
    /// <summary>All rows of the next result.</summary>
    public async ValueTask<List<T>> AllAsync<T>(Func<Row, T> read)
    {
        var rows = new List<T>();
        while (await reader.ReadAsync(ct)) rows.Add(read(new(reader)));
        await reader.NextResultAsync(ct);
        return rows;
    }

    /// <summary>The first row of the next result; default when there is none.</summary>
    public async ValueTask<T?> FirstAsync<T>(Func<Row, T> read)
    {
        var first = await reader.ReadAsync(ct) ? read(new(reader)) : default;
        await reader.NextResultAsync(ct);
        return first;
    }

    /// <summary>Passes over the next result.</summary>
    public async ValueTask SkipAsync() => await reader.NextResultAsync(ct);

    public ValueTask DisposeAsync() => reader.DisposeAsync();
}
