using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Exeunt.LoadBench.Processes;

/// <summary>
/// A real PostgreSQL of this run's own: in a temporary folder on the disk that is measured, on a free port of the loopback device, as a user without rights.
/// It syncs to the disk as PostgreSQL does when nobody tells it otherwise.
/// </summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private const int LogBefore = 2000; // MB

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(20);

    private readonly string folder;
    private readonly int port;
    private readonly Process process;
    private int databases;

    private PostgresServer(string folder, string programs)
    {
        this.folder = folder;
        port = FreePort();
        process = Start(
        [
            .. AsUser, Path.Combine(programs, "postgres"), "-D", Data(folder), "-c", "listen_addresses=127.0.0.1", "-c", $"port={port}", "-c", "unix_socket_directories=",
            "-c", "fsync=on", "-c", "synchronous_commit=on", "-c", "shared_buffers=512MB", "-c", "max_wal_size=4GB", "-c", "min_wal_size=4GB", "-c", "logging_collector=off", "-c", "log_min_messages=fatal",
        ]);
        _ = process.StandardError.ReadToEndAsync(); // so that it never waits for a reader
        _ = process.StandardOutput.ReadToEndAsync();
    }

    // PostgreSQL refuses to run as root. The packages of the distributions bring the user.
    private static string[] AsUser => Environment.IsPrivilegedProcess ? ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups", "--"] : [];

    /// <summary>Starts it; null where PostgreSQL is not installed.</summary>
    public static async Task<PostgresServer?> StartAsync(Bench bench)
    {
        if (FindPrograms() is not { } programs) return null;

        bench.Say("Starting PostgreSQL");
        var place = Path.Combine(bench.Folder, Path.GetRandomFileName());
        Directory.CreateDirectory(place);
        PostgresServer? server = null;
        try
        {
            if (Environment.IsPrivilegedProcess) await RunAsync(["chown", "postgres", place]);
            await RunAsync([.. AsUser, Path.Combine(programs, "initdb"), "--pgdata", Data(place), "--username", "exeunt", "--auth", "trust", "--encoding", "UTF8", "--no-locale"]);
            server = new(place, programs);
            await server.WaitUntilReadyAsync();
            await server.LayDownSegmentsAsync();
            return server;
        }
        catch
        {
            if (server is null) Directory.Delete(place, recursive: true);
            else await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>What an operator would see of it.</summary>
    public async Task<string> DescribeAsync() => $"PostgreSQL {await AskAsync<string>(ConnectionString("postgres"), "select split_part(current_setting('server_version'), ' ', 1)")}, " +
        $"fsync {await AskAsync<string>(ConnectionString("postgres"), "select current_setting('fsync')")}";

    /// <summary>An empty database, as a connection string.</summary>
    public async Task<string> NewDatabaseAsync()
    {
        var name = $"bench_{Interlocked.Increment(ref databases)}";
        await AskAsync<object>(ConnectionString("postgres"), $"create database {name} template template0");
        return ConnectionString(name);
    }

    /// <summary>The first value that a statement gives, beside the ledger.</summary>
    public static async Task<T?> AskAsync<T>(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(database + ";Pooling=false;Command Timeout=600;Search Path=exeunt");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (T?)await command.ExecuteScalarAsync();
    }

    /// <summary>How long it takes to insert one row into a table of its own and commit, in milliseconds: what the database and its disk do to whoever writes.</summary>
    /// <param name="database">Where the table is made.</param>
    /// <param name="until">When to stop.</param>
    /// <param name="pause">Between two of them.</param>
    public static async Task<IReadOnlyList<double>> CommitUntilAsync(string database, Task until, TimeSpan pause)
    {
        await using var connection = new NpgsqlConnection(database + ";Pooling=false");
        await connection.OpenAsync();
        await using (var table = new NpgsqlCommand("create table if not exists public.bare (at timestamptz)", connection)) await table.ExecuteNonQueryAsync();
        await using var insert = new NpgsqlCommand("insert into public.bare values (now())", connection);
        await insert.PrepareAsync();
        List<double> took = [];
        do
        {
            var sent = Stopwatch.GetTimestamp();
            await insert.ExecuteNonQueryAsync();
            took.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
            await Task.Delay(pause);
        }
        while (!until.IsCompleted);

        return took;
    }

    /// <summary>The same as an address, as programs of other makers want it.</summary>
    public static string UrlOf(string connectionString)
    {
        var parts = new NpgsqlConnectionStringBuilder(connectionString);
        return $"postgres://{parts.Username}@{parts.Host}:{parts.Port}/{parts.Database}";
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            await RunAsync(["kill", "-INT", $"{process.Id}"]); // the fast shutdown: everybody is sent home
            await process.WaitForExitAsync().WaitAsync(Patience);
        }

        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private static string Data(string folder) => Path.Combine(folder, "data");

    private string ConnectionString(string database) => $"Host=127.0.0.1;Port={port};Database={database};Username=exeunt";

    private async Task WaitUntilReadyAsync()
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                await AskAsync<int>(ConnectionString("postgres"), "select 1");
                return;
            }
            catch (NpgsqlException) when (!process.HasExited && Stopwatch.GetElapsedTime(started) < Patience)
            {
                await Task.Delay(BetweenTries); // it is still starting
            }
            catch (NpgsqlException failure)
            {
                throw new InvalidOperationException("PostgreSQL did not start.", failure);
            }
        }
    }

    // A server that has run for a while writes its log into files that it had before. A fresh one makes each of them, 16 MB of zeros and a sync, while a
    // commit waits for it.
    private async Task LayDownSegmentsAsync()
    {
        await AskAsync<object>(ConnectionString("postgres"), $"select count(pg_logical_emit_message(false, 'bench', repeat('x', 1000000))) from generate_series(1, {LogBefore})");
        await AskAsync<object>(ConnectionString("postgres"), "checkpoint");
    }

    private static string? FindPrograms()
    {
        const string Debian = "/usr/lib/postgresql";
        var versions = Directory.Exists(Debian) ? Directory.EnumerateDirectories(Debian).OrderDescending(StringComparer.Ordinal).Select(version => Path.Combine(version, "bin")) : [];
        return versions.Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')).FirstOrDefault(place => File.Exists(Path.Combine(place, "initdb")));
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task RunAsync(string[] command)
    {
        using var running = Start(command);
        var (said, complained) = (running.StandardOutput.ReadToEndAsync(), running.StandardError.ReadToEndAsync());
        await running.WaitForExitAsync().WaitAsync(Patience);
        if (running.ExitCode != 0) throw new InvalidOperationException($"{string.Join(' ', command)} failed: {await said}{await complained}");
    }

    private static Process Start(string[] command) => Process.Start(new ProcessStartInfo(command[0], command[1..])
    {
        UseShellExecute = false,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        WorkingDirectory = "/",
    })!;
}
