using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Exeunt.Tests.Support;

/// <summary>
/// A real PostgreSQL of these tests' own: on a free port, in a temporary folder, as a user without rights, ended with the process. A power cut is not among
/// what it is put through, so it does not sync its disk; what a crash of the server loses or keeps is the same.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private static readonly Lazy<Task<PostgresServer>> OfThisProcess = new(async () =>
    {
        var server = await StartAsync();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => server.End();
        return server;
    });

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static int databases;

    private readonly string folder;
    private Process process = null!;
    private bool isPaused;
    private string[] underClock = []; // in front of the program, where it has a clock of its own

    private PostgresServer(string folder, int port) => (this.folder, Port) = (folder, port);

    /// <summary>Where it listens, on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>The process id of its first process, on which every other one depends.</summary>
    public int Id => process.Id;

    /// <summary>The server that all tests of this process share.</summary>
    public static Task<PostgresServer> SharedAsync() => OfThisProcess.Value;

    /// <summary>A server for one test, which will stop it, or worse.</summary>
    public static Task<PostgresServer> StartAsync() => StartAsync(hasOwnClock: false);

    /// <summary>The same with a clock that <see cref="SetClock"/> sets. It needs <see cref="WrongClock"/>.</summary>
    public static async Task<PostgresServer> StartAsync(bool hasOwnClock)
    {
        var server = await MakeAsync();
        if (hasOwnClock)
        {
            server.underClock = ["env", .. WrongClock.SetIn(server.Clock).Select(one => $"{one.Name}={one.Value}")];
            server.SetClock(TimeSpan.Zero);
        }

        await RunAsync([.. AsUser, Tool("initdb"), "--pgdata", server.Data, "--username", "exeunt", "--auth", "trust", "--encoding", "UTF8", "--no-locale", "--no-sync"]);
        await server.StartAgainAsync();
        return server;
    }

    /// <summary>Starts it, for the first time or after <see cref="StopAsync"/>, and waits until it says that it is ready.</summary>
    public async Task StartAgainAsync()
    {
        string[] arguments =
        [
            .. AsUser, .. underClock, Tool("postgres"), "-D", Data, "-c", "listen_addresses=127.0.0.1", "-c", $"port={Port}", "-c", "unix_socket_directories=",
            "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=200", "-c", "shared_buffers=64MB", "-c", "logging_collector=off",
            "-c", "log_min_messages=log", "-c", "autovacuum_naptime=10s",
        ];
        process = Start(arguments);
        var log = process.StandardError;
        using var patience = new CancellationTokenSource(Patience);
        List<string> said = [];
        try
        {
            while (said is not [.., var newest] || !newest.Contains("ready to accept", StringComparison.Ordinal)) // connections, or a standby's read-only ones
                said.Add(await log.ReadLineAsync(patience.Token) ?? throw new EndOfStreamException("It has ended."));
        }
        catch (Exception failure) when (failure is OperationCanceledException or EndOfStreamException)
        {
            if (!process.HasExited) process.Kill();
            throw new InvalidOperationException($"PostgreSQL did not start. It said:\n{string.Join('\n', said)}", failure);
        }

        _ = log.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None); // so that it never waits for a reader
    }

    /// <summary>Shows it a time that is ahead of the machine's by so much, at once.</summary>
    public void SetClock(TimeSpan ahead) => WrongClock.Set(underClock.Length > 0 ? Clock : throw new InvalidOperationException("It has the machine's clock."), ahead);

    /// <summary>Ends it as <c>pg_ctl stop -m immediate</c> does: no farewell, and recovery at the next start.</summary>
    public async Task StopAsync()
    {
        await RunAsync("kill", "-QUIT", Id.ToString(CultureInfo.InvariantCulture));
        await process.WaitForExitAsync().WaitAsync(Patience);
    }

    /// <summary>Ends it as a power cut does, also where it stands still.</summary>
    public async Task KillAsync()
    {
        await SignalChildrenAsync("-KILL"); // first, so that nobody holds its memory who would keep it from starting again
        await RunAsync("kill", "-KILL", Id.ToString(CultureInfo.InvariantCulture));
        await process.WaitForExitAsync().WaitAsync(Patience);
        isPaused = false;
    }

    /// <summary>Starts another server that follows this one; from then on a commit here is answered when it is there, too.</summary>
    public async Task<PostgresServer> StartStandbyAsync()
    {
        var standby = await MakeAsync();
        await RunAsync(
            [.. AsUser, Tool("pg_basebackup"), "--host", "127.0.0.1", "--port", $"{Port}", "--username", "exeunt", "--pgdata", standby.Data, "--write-recovery-conf", "--checkpoint", "fast", "--no-sync"]);
        await standby.StartAgainAsync();
        await ExecuteAsync("alter system set synchronous_standby_names = '*'");
        await ExecuteAsync("select pg_reload_conf()");
        return standby;
    }

    /// <summary>Makes a standby the one that takes writes.</summary>
    public Task PromoteAsync() => ExecuteAsync("select pg_promote()");

    /// <summary>Copies all that it has on disk aside. It is stopped meanwhile.</summary>
    public async Task BackUpAsync()
    {
        await StopAsync();
        await RunAsync("cp", "--archive", Data, Copy);
        await StartAgainAsync();
    }

    /// <summary>Puts that copy back in its place. It is stopped meanwhile.</summary>
    public async Task RestoreAsync()
    {
        await StopAsync();
        Directory.Delete(Data, recursive: true);
        await RunAsync("cp", "--archive", Copy, Data);
        await StartAgainAsync();
    }

    /// <summary>Stops every process of it where it stands: connections stay open, and nobody answers.</summary>
    public async Task PauseAsync()
    {
        await RunAsync("kill", "-STOP", Id.ToString(CultureInfo.InvariantCulture)); // first the one that makes the others
        await SignalChildrenAsync("-STOP");
        isPaused = true;
    }

    /// <summary>Lets it go on.</summary>
    public async Task GoOnAsync()
    {
        isPaused = false;
        await SignalChildrenAsync("-CONT");
        await RunAsync("kill", "-CONT", Id.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Refuses every write, as a server does that another one has taken over from, or takes them again. When this returns, so does whoever is connected.</summary>
    public async Task OnlyReadAsync(bool isSo)
    {
        await ExecuteAsync($"alter system set default_transaction_read_only = {(isSo ? "on" : "off")}");
        await ExecuteAsync("select pg_reload_conf()");
        using var patience = new CancellationTokenSource(Patience);
        while (await TakesWritesAsync() == isSo) patience.Token.ThrowIfCancellationRequested(); // a new connection has what the server had told all others before
    }

    /// <summary>An empty database, as a connection string.</summary>
    public async Task<string> NewDatabaseAsync(string? name = null, string template = "template0")
    {
        name ??= $"test_{Interlocked.Increment(ref databases)}";
        await ExecuteAsync($"create database {name} template {template}");
        return ConnectionString(name);
    }

    /// <summary>Destroys a database, whoever is connected.</summary>
    public Task DropDatabaseAsync(string name) => ExecuteAsync($"drop database if exists {name} with (force)");

    /// <summary>How to reach a database of it.</summary>
    public string ConnectionString(string database) => $"Host=127.0.0.1;Port={Port};Database={database};Username=exeunt";

    /// <summary>Runs one statement as the superuser.</summary>
    public async Task ExecuteAsync(string sql, string database = "postgres")
    {
        await using var connection = new NpgsqlConnection(ConnectionString(database) + ";Pooling=false;Timeout=5");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Runs a script of psql as the superuser, which stops at the first mistake.</summary>
    public async Task RunScriptAsync(string script)
    {
        var file = Path.Combine(folder, "script.sql");
        await File.WriteAllTextAsync(file, script);
        await RunAsync(Tool("psql"), "--host", "127.0.0.1", "--port", $"{Port}", "--username", "exeunt", "--dbname", "postgres", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", "--file", file);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (isPaused) await GoOnAsync(); // of a test that has failed: who stands still cannot be told to end
        if (!process.HasExited) await StopAsync();
        Directory.Delete(folder, recursive: true);
    }

    private static async Task<PostgresServer> MakeAsync()
    {
        var server = new PostgresServer(Directory.CreateTempSubdirectory("exeunt-postgres-").FullName, FreePort());
        if (IsRoot) await RunAsync("chown", "postgres", server.folder);
        return server;
    }

    private static bool IsRoot => Environment.IsPrivilegedProcess;

    private async Task<bool> TakesWritesAsync()
    {
        try
        {
            await ExecuteAsync("create table if not exists probe ()");
            return true;
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.ReadOnlySqlTransaction)
        {
            return false;
        }
    }

    private async Task SignalChildrenAsync(string signal)
    {
        foreach (var child in (await File.ReadAllTextAsync($"/proc/{Id}/task/{Id}/children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            using var kill = Start(["kill", signal, child]); // one that has just ended is not there to be told
            await kill.WaitForExitAsync().WaitAsync(Patience);
        }
    }

    // PostgreSQL refuses to run as root. Debian's package brings the user.
    private static string[] AsUser => IsRoot ? ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups", "--"] : [];

    private string Data => Path.Combine(folder, "data");

    private string Copy => Path.Combine(folder, "copy");

    private string Clock => Path.Combine(folder, "clock");

    private void End()
    {
        if (!process.HasExited)
        {
            using var kill = Process.Start("kill", ["-QUIT", Id.ToString(CultureInfo.InvariantCulture)]);
            process.WaitForExit(10_000);
        }

        Directory.Delete(folder, recursive: true);
    }

    private static string Tool(string name)
    {
        var folders = Directory.Exists("/usr/lib/postgresql")
            ? Directory.EnumerateDirectories("/usr/lib/postgresql").OrderDescending(StringComparer.Ordinal).Select(version => Path.Combine(version, "bin"))
            : [];
        return folders.Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')).Select(place => Path.Combine(place, name)).FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException($"{name} was not found: install Debian's postgresql.");
    }

    // Below those that the system gives to whoever connects to something: such a port could be taken by anybody before this server listens there, or while it
    // is stopped; and who goes on trying to reach a port among them that nobody listens on is one day connected to itself.
    private static int FreePort()
    {
        while (true)
        {
            var port = Random.Shared.Next(15_000, 32_768);
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException taken) when (taken.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // Another one, then.
            }
        }
    }

    private static async Task RunAsync(params string[] command)
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
