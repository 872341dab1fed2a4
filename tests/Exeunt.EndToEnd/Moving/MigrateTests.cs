using System.Net;
using System.Text.RegularExpressions;
using Exeunt.EndToEnd.Commands;
using Exeunt.EndToEnd.Support;
using Exeunt.Postgres.Moving;
using Exeunt.Storage;
using Npgsql;
using static Exeunt.EndToEnd.Moving.Ledgers;

namespace Exeunt.EndToEnd.Moving;

/// <summary>From SQLite to a real PostgreSQL, by the real command, with real servers before and after.</summary>
[TakesLong(seconds: 50)]
public sealed partial class MigrateTests : IAsyncLifetime
{
    private const int Sessions = 3000;

    private readonly TemporaryFolder folder = new();
    private PostgresServer postgres = null!;
    private string database = null!;
    private string data = null!;

    public async ValueTask InitializeAsync()
    {
        postgres = await PostgresServer.SharedAsync();
        database = await postgres.NewDatabaseAsync();
        data = Path.Combine(folder.Path, "data");
    }

    public ValueTask DisposeAsync()
    {
        folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task P1_sessions_go_on_after_the_move_and_ended_ones_stay_ended()
    {
        await FillAsync(data, Sessions);
        Requests.Session staying, leaving;
        await using (var server = await ExeuntProcess.ServeAsync(data, Settings))
        {
            staying = await SignInAsync(server);
            leaving = await SignInAsync(server);
            await Requests.LogoutAsync(server, leaving.Refresh);

            Assert.Contains("another server is running", await MigrateRefusedAsync());
            await server.StopAsync();
        }

        var said = await MigrateAsync();
        Assert.Contains($"{Sessions + 2} sessions", said);
        Assert.Contains("the audit chain holds", said);

        // A node in another folder, which has never seen the old ledger.
        var elsewhere = Path.Combine(folder.Path, "elsewhere");
        await using var node = await ExeuntProcess.ServeAsync(elsewhere, On(database));
        Assert.Equal(HttpStatusCode.OK, await Requests.MeAsync(node, staying.Access));
        var (status, renewed) = await Requests.RefreshAsync(node, staying.Refresh);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(HttpStatusCode.Unauthorized, await Requests.MeAsync(node, leaving.Access));
        Assert.Equal(HttpStatusCode.Unauthorized, (await Requests.RefreshAsync(node, leaving.Refresh)).Status);

        await Requests.LogoutAsync(node, renewed!.Refresh);
        Assert.Equal(HttpStatusCode.Unauthorized, await Requests.MeAsync(node, staying.Access));
        var trail = await RunAsync(On(database), "audit", "verify", "--data", elsewhere);
        Assert.Contains("The chain holds", trail);
        Assert.Contains("2 chains", trail);
    }

    [Fact]
    public async Task A_server_on_the_old_folder_says_in_one_line_where_the_ledger_is()
    {
        await FillAsync(data, 10);
        await MigrateAsync();

        foreach (string[] command in (string[][])[["serve", "--urls", "http://127.0.0.1:0"], ["users", "list"], ["backup", "--to", Path.Combine(folder.Path, "b")]])
        {
            var said = await RefusedAsync(Settings, [.. command, "--data", data]);
            Assert.Contains("it was moved to", said);
            Assert.DoesNotContain('\n', said.Trim());
        }

        Assert.Contains("was moved to", await MigrateRefusedAsync(await postgres.NewDatabaseAsync()));
    }

    [Fact]
    public async Task A_move_that_is_killed_in_the_middle_serves_nobody_and_is_begun_anew()
    {
        await FillAsync(data, Sessions);
        Requests.Session session;
        await using (var server = await ExeuntProcess.ServeAsync(data, Settings))
        {
            session = await SignInAsync(server);
            await server.StopAsync();
        }

        // The first try waits before anything is written, under the lock by which nodes open; a try by hand makes the tables, so that the second one can be
        // stopped at the audit trail, with all that comes before it copied.
        await KillWhileWaitingAsync("select 1", $"select pg_advisory_xact_lock({0x45786E74_0002})");
        await using (await PostgresTarget.OpenAsync(new(database, "by hand"), new LedgerClock(TimeProvider.System), CancellationToken.None))
        {
        }

        await KillWhileWaitingAsync(StopAtAudit, "select pg_advisory_xact_lock(4711)");
        Assert.Equal(Sessions + 1L, await AskAsync("select count(*) from exeunt.sessions"));
        Assert.Equal(0L, await AskAsync("select count(*) from exeunt.audit"));

        Assert.Contains("exeunt migrate", await RefusedAsync(On(database), "serve", "--urls", "http://127.0.0.1:0", "--data", Path.Combine(folder.Path, "node")));
        await using (var old = await ExeuntProcess.ServeAsync(data, Settings))
        {
            Assert.Equal(HttpStatusCode.OK, await Requests.MeAsync(old, session.Access)); // what was not moved goes on here
            await old.StopAsync();
        }

        await postgres.ExecuteAsync("drop trigger wait_here on exeunt.audit", Name);
        Assert.Contains("begins anew", await MigrateAsync());
        await using var node = await ExeuntProcess.ServeAsync(data, On(database));
        Assert.Equal(HttpStatusCode.OK, await Requests.MeAsync(node, session.Access));
        Assert.Contains("The chain holds", await RunAsync(On(database), "audit", "verify", "--data", data));
    }

    [Fact]
    public async Task A_move_shows_on_a_terminal_how_far_it_is()
    {
        Assert.SkipUnless(ExeuntProcess.HasTerminal, "It needs script(1), for a terminal.");
        await FillAsync(data, Sessions);
        await using (await PostgresTarget.OpenAsync(new(database, "by hand"), new LedgerClock(TimeProvider.System), CancellationToken.None))
        {
        }

        // It stands still at the audit trail, with all that comes before it copied.
        await postgres.ExecuteAsync(StopAtAudit, Name);
        await using var holder = new NpgsqlConnection(database + ";Pooling=false");
        await holder.OpenAsync();
        await using (var hold = new NpgsqlCommand("select pg_advisory_lock(4711)", holder)) await hold.ExecuteNonQueryAsync();

        await using var command = ExeuntProcess.StartOnTerminal(["migrate", "--data", data], On(database));
        await command.SaysAsync(() => SomeOfIt().IsMatch(command.Output));
        await holder.CloseAsync();

        await command.SaysAsync($"{Sessions} sessions");
    }

    [Fact]
    public async Task A_database_with_something_in_it_is_refused()
    {
        await FillAsync(data, 10);
        await using (var node = await ExeuntProcess.ServeAsync(Path.Combine(folder.Path, "node"), On(database))) await node.StopAsync();

        Assert.Contains("There is a ledger in", await MigrateRefusedAsync());

        var foreign = await postgres.NewDatabaseAsync();
        await postgres.ExecuteAsync("create schema exeunt; create table exeunt.theirs (a int)", new NpgsqlConnectionStringBuilder(foreign).Database!);
        Assert.Contains("another program", await MigrateRefusedAsync(foreign));
        Assert.Contains("--database", await RefusedAsync(Settings, "migrate", "--from", "sqlite", "--to", "postgres", "--data", data));

        await using var old = await ExeuntProcess.ServeAsync(data, Settings); // nothing has happened to it
        await SignInAsync(old);
    }

    [Fact]
    public async Task The_way_back_ends_everything_that_was_open_and_knows_what_ended_meanwhile()
    {
        await FillAsync(data, 10);
        Requests.Session ended, open;
        await using (var server = await ExeuntProcess.ServeAsync(data, Settings))
        {
            (ended, open) = (await SignInAsync(server), await SignInAsync(server));
            await server.StopAsync();
        }

        await MigrateAsync();
        await using (var node = await ExeuntProcess.ServeAsync(data, On(database)))
        {
            await Requests.LogoutAsync(node, ended.Refresh);
            await node.StopAsync();
        }

        var said = await RunAsync(Settings, "migrate", "back", "--data", data, "--keep-sessions");
        Assert.Contains("1 ending that this node still knew", said.Replace("endings", "ending", StringComparison.Ordinal));
        await using (var back = await ExeuntProcess.ServeAsync(data, Settings))
        {
            Assert.DoesNotContain("OLDER COPY", back.Output);
            Assert.Equal(HttpStatusCode.Unauthorized, await Requests.MeAsync(back, ended.Access));
            Assert.Equal(HttpStatusCode.Unauthorized, (await Requests.RefreshAsync(back, ended.Refresh)).Status);
            Assert.Equal(HttpStatusCode.OK, await Requests.MeAsync(back, open.Access));
            await back.StopAsync();
        }

        Assert.Contains("was not moved", await RefusedAsync(Settings, "migrate", "back", "--data", data));
        Assert.Contains("The chain holds", await RunAsync(Settings, "audit", "verify", "--data", data));
    }

    [Fact]
    public async Task P1_a_way_back_that_is_refused_half_way_leaves_the_folder_closed_and_is_begun_again()
    {
        await FillAsync(data, 10);
        Requests.Session open;
        await using (var server = await ExeuntProcess.ServeAsync(data, Settings))
        {
            open = await SignInAsync(server);
            await server.StopAsync();
        }

        await MigrateAsync();
        var slip = new Dictionary<string, string?>(Settings) { ["Exeunt__Server__Issuer"] = "http://127.0.0.1:8081" };
        Assert.Contains("were made under", await RefusedAsync(slip, "migrate", "back", "--data", data));
        Assert.Contains("exeunt migrate back", await RefusedAsync(Settings, "serve", "--urls", "http://127.0.0.1:0", "--data", data));

        Assert.Contains("Everybody signs in again", await RunAsync(Settings, "migrate", "back", "--data", data));
        await using var back = await ExeuntProcess.ServeAsync(data, Settings);
        Assert.Equal(HttpStatusCode.Unauthorized, await Requests.MeAsync(back, open.Access));
        Assert.Equal(HttpStatusCode.Unauthorized, (await Requests.RefreshAsync(back, open.Refresh)).Status);
        Assert.Contains("The chain holds", await RunAsync(Settings, "audit", "verify", "--data", data));
    }

    private const string StopAtAudit = """
        create function exeunt.wait_here() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock(4711); return null; end $$;
        create trigger wait_here before insert on exeunt.audit for each statement execute function exeunt.wait_here()
        """;

    // More than nothing, and not yet all.
    [GeneratedRegex(@"Moving[^%]*\b[1-9]\d?%")]
    private static partial Regex SomeOfIt();

    private string Name => new NpgsqlConnectionStringBuilder(database).Database!;

    private Task<string> MigrateAsync() => RunAsync(On(database), "migrate", "--from", "sqlite", "--to", "postgres", "--data", data);

    private Task<string> MigrateRefusedAsync(string? other = null) => RefusedAsync(On(other ?? database), "migrate", "--data", data);

    // Runs the command against a database in which somebody holds what it needs, and kills it once it waits for that.
    private async Task KillWhileWaitingAsync(string prepare, string hold)
    {
        await using var holder = new NpgsqlConnection(database + ";Pooling=false");
        await holder.OpenAsync();
        await using (var first = new NpgsqlCommand(prepare, holder)) await first.ExecuteNonQueryAsync();
        await using var holding = await holder.BeginTransactionAsync();
        await using (var take = new NpgsqlCommand(hold, holder)) await take.ExecuteNonQueryAsync();

        await using var command = ExeuntProcess.Start(["migrate", "--data", data], On(database));
        await using var watch = new NpgsqlConnection(database + ";Pooling=false");
        await watch.OpenAsync();
        await using var waits = new NpgsqlCommand("select exists (select 1 from pg_locks where not granted and $1 = any(pg_blocking_pids(pid)))", watch) { Parameters = { new() { Value = holder.ProcessID } } };
        using var polling = new Polling(TimeSpan.FromSeconds(60));
        while (!(bool)(await waits.ExecuteScalarAsync())!) Assert.True(await polling.AgainAsync() && !command.HasExited, command.Output);
        await command.KillAsync();

        // The database does not look for its client while it waits for a lock; left to itself, it would finish the statement of the dead.
        await using (var end = new NpgsqlCommand("select count(pg_terminate_backend(pid, 30000)) from pg_locks where not granted and $1 = any(pg_blocking_pids(pid))", watch) { Parameters = { new() { Value = holder.ProcessID } } })
            await end.ExecuteScalarAsync();
        await holding.RollbackAsync();
    }

    private async Task<long> AskAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(database + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
