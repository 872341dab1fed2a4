using Exeunt.LoadBench.Processes;

namespace Exeunt.LoadBench.Prepared;

/// <summary>The databases that are measured side by side: SQLite, and PostgreSQL where it is installed. Its server runs from when it is first asked for.</summary>
internal sealed class Databases(Bench bench) : IAsyncDisposable
{
    public const string Sqlite = "SQLite";
    public const string Postgres = "PostgreSQL";

    private readonly Lazy<Task<PostgresServer?>> server = new(() => PostgresServer.StartAsync(bench));

    /// <summary>Names of those that are there.</summary>
    public async Task<IReadOnlyList<string>> NamesAsync() => await HasPostgresAsync() ? [Sqlite, Postgres] : [Sqlite];

    public async Task<bool> HasPostgresAsync() => await server.Value is not null;

    /// <summary>A data folder over an empty database of this name.</summary>
    public async Task<DataFolder> NewAsync(string name) => new(bench.Folder, name == Sqlite ? null : await NewPostgresAsync());

    /// <summary>Data folders for so many nodes over one empty PostgreSQL database.</summary>
    public async Task<IReadOnlyList<DataFolder>> NewNodesAsync(int nodes)
    {
        var database = await NewPostgresAsync();
        return [.. Enumerable.Range(0, nodes).Select(_ => new DataFolder(bench.Folder, database))];
    }

    /// <summary>The server in words; null when none was measured.</summary>
    public async Task<string?> DescribePostgresAsync() => server.IsValueCreated && await server.Value is { } running ? await running.DescribeAsync() : null;

    public async ValueTask DisposeAsync()
    {
        if (server.IsValueCreated && await server.Value is { } running) await running.DisposeAsync();
    }

    private async Task<string> NewPostgresAsync() => await (await server.Value ?? throw new InvalidOperationException("PostgreSQL is not installed.")).NewDatabaseAsync();
}
