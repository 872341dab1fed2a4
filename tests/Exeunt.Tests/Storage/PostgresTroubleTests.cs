using Exeunt.Postgres;
using Exeunt.Revocations;
using Exeunt.Storage;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Storage;

/// <summary>The troubles that a database server can have: each is told in words for the operator, and what was answered is not lost.</summary>
public sealed class PostgresTroubleTests : PostgresFixture
{
    [Fact]
    public async Task P1_a_server_that_crashed_and_came_back_has_everything_that_was_answered_and_the_node_goes_on()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var store = new PostgresLedger(new(await server.NewDatabaseAsync("crash"), "a"), TimeProvider.System);
        await store.OpenAsync(NodeMemory.Empty, Ct);
        var before = await AppendAsync(store, "before");
        await server.StopAsync();

        Assert.False((await Assert.ThrowsAsync<LedgerUnavailableException>(() => AppendAsync(store, "lost"))).OutcomeUnknown);
        await Assert.ThrowsAsync<LedgerUnavailableException>(async () => await store.RevocationsAfterAsync(0, 10, Ct));

        await server.StartAgainAsync();
        var after = await AppendAsync(store, "after"); // no connection of the pool is alive, and nobody notices
        Assert.Equal([before, after], await store.RevocationsAfterAsync(0, 10, Ct));
    }

    [Fact]
    public async Task P1_a_commit_that_a_crash_swallowed_is_not_taken_for_a_later_one_with_the_same_transaction_id()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var store = new PostgresLedger(new(await server.NewDatabaseAsync("swallowed"), "a"), TimeProvider.System);
        await store.OpenAsync(NodeMemory.Empty, Ct);
        var crashes = 0;

        await store.CommitAsync(async transaction =>
        {
            if (transaction is PostgresTransaction && ++crashes == 1)
            {
                await server.StopAsync();
                await server.StartAgainAsync();
                for (var n = 0; n < 20; n++) await server.ExecuteAsync("select pg_current_xact_id()"); // the crash freed the id, and somebody else commits with it
            }

            transaction.Append(Point("once", transaction.Now));
        });

        Assert.Equal("once", Assert.Single(await store.RevocationsAfterAsync(0, 10, Ct)).Key);
    }

    [Fact]
    public async Task A_server_that_says_read_only_is_reported_and_used_again_when_it_takes_writes()
    {
        var node = await StartNodeAsync("a");
        var name = PostgresSettings.Parse(Database).Database!;
        await Server.ExecuteAsync($"alter database {name} set default_transaction_read_only = on");
        await Server.ExecuteAsync($"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'");

        var refusal = await Assert.ThrowsAsync<LedgerUnavailableException>(() => AppendAsync(node.Store, "refused"));

        Assert.Contains("read-only", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(await node.Store.RevocationsAfterAsync(0, 10, Ct)); // reading goes on
        await Server.ExecuteAsync($"alter database {name} reset default_transaction_read_only");
        await Server.ExecuteAsync($"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'");
        Assert.Single(await Task.WhenAll(AppendAsync(node.Store, "taken")));
    }

    [Fact]
    public async Task A_connection_that_is_cut_while_an_operation_runs_costs_nothing_but_time()
    {
        var node = await StartNodeAsync("a");
        var user = await node.AddUserAsync();
        var name = PostgresSettings.Parse(Database).Database!;
        var cuts = 0;

        await node.Ledger.RunAsync(async transaction =>
        {
            await transaction.UserAsync(user.Id);
            if (transaction is PostgresTransaction && ++cuts == 1)
                await Server.ExecuteAsync($"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}' and state = 'idle in transaction'");
            return transaction.Append(Point("once", transaction.Now));
        });

        Assert.Equal(2, cuts);
        Assert.Equal("once", Assert.Single(await node.Store.RevocationsAfterAsync(0, 10, Ct)).Key);
    }

    [Fact]
    public async Task A_node_that_stands_still_in_a_transaction_is_waited_for_no_longer_than_the_limit()
    {
        // The server gives the second node's wait up a second before that node would, and ends the first one's transaction two seconds later.
        await using var held = new PostgresLedger(new(Database, "still", TimeSpan.FromSeconds(3)), TimeProvider.System);
        await held.OpenAsync(NodeMemory.Empty, Ct);
        await using var store = new PostgresLedger(new(Database, "other", TimeSpan.FromSeconds(5)), TimeProvider.System);
        await store.OpenAsync(NodeMemory.Empty, Ct);
        var never = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var holds = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        var holding = held.CommitAsync(async transaction =>
        {
            if (transaction is not PostgresTransaction)
            {
                transaction.Append(Point("held", transaction.Now));
                return;
            }

            transaction.Append(Point("held", transaction.Now));
            holds.TrySetResult();
            await never.Task;
        }).AsTask();
        await holds.Task;

        var busy = await Assert.ThrowsAsync<LedgerUnavailableException>(() => AppendAsync(store, "waits"));
        Assert.Contains("busy", busy.Message, StringComparison.Ordinal);
        while (await Record.ExceptionAsync(() => AppendAsync(store, "goes on")) is LedgerUnavailableException)
        {
            // The server ends the transaction that stands still; then its locks are free.
        }

        never.SetResult();
        await Task.WhenAny(holding); // it notices that its connection was ended, and begins again
        Assert.Contains(await store.RevocationsAfterAsync(0, 10, Ct), revocation => revocation.Key == "goes on");
    }

    [Fact]
    public async Task A_database_of_a_newer_version_or_of_another_program_is_refused()
    {
        var node = await StartNodeAsync("a");
        var name = PostgresSettings.Parse(Database).Database!;
        await Server.ExecuteAsync("insert into exeunt.migrations (number, name, applied_at) values (9999, '9999_future', 0)", name);
        await using var newer = new PostgresLedger(new(Database, "b"), TimeProvider.System);
        Assert.Contains("newer version", (await Assert.ThrowsAsync<InvalidDataException>(() => newer.OpenAsync(NodeMemory.Empty, Ct))).Message, StringComparison.Ordinal);

        await Server.ExecuteAsync("create schema theirs; create table theirs.things (id integer)", name);
        await using var foreign = new PostgresLedger(new(Database + ";Search Path=theirs", "b"), TimeProvider.System);
        await Assert.ThrowsAsync<InvalidDataException>(() => foreign.OpenAsync(NodeMemory.Empty, Ct));
        Assert.NotEmpty(node.Store.Epoch);
    }

    [Fact]
    public async Task The_role_of_the_documentation_is_enough_and_no_more_is_needed()
    {
        var name = PostgresSettings.Parse(Database).Database!;
        await Server.ExecuteAsync($"create role app_{name} login; create schema exeunt authorization app_{name}; revoke all on schema public from public", name);
        await using var store = new PostgresLedger(new(Database.Replace("Username=exeunt", $"Username=app_{name}", StringComparison.Ordinal), "a"), TimeProvider.System);

        Assert.True((await store.OpenAsync(NodeMemory.Empty, Ct)).Created);

        await AppendAsync(store, "works");
        await using (var job = await store.TryTakeJobAsync("sweep", Ct)) Assert.NotNull(job);
        Assert.False((await store.InspectAsync(Ct)).IsSuperuser);
        Assert.Equal(0, await store.CountAliveAsync(new EndScope.Everyone(), Ct));
    }

    [Theory]
    [InlineData("postgres://ada:p%40ss@db.example:6432/ledger?sslmode=require", "ledger on db.example")]
    [InlineData("postgres://ada:p%40ss@db.example/ledger?Search%20Path=other", "ledger on db.example")]
    [InlineData("Host=one,two;Database=ledger;Username=ada;Password=p@ss", "ledger on one,two")]
    public void P7_what_is_shown_of_a_database_has_no_password(string given, string shown)
    {
        var settings = new PostgresSettings(given, "a");

        Assert.Equal(shown, settings.Shown);
        Assert.Equal("p@ss", PostgresSettings.Parse(given).Password);
        Assert.DoesNotContain("p@ss", settings.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ada:secret")]
    [InlineData("mysql://ada:secret@db/ledger")]
    [InlineData("Database=ledger;Password=secret")]
    public void A_database_that_is_named_wrongly_is_refused_without_repeating_it(string given) =>
        Assert.DoesNotContain("secret", Assert.Throws<ArgumentException>(() => PostgresSettings.Parse(given)).Message, StringComparison.Ordinal);

    private static async Task<Exeunt.Protocol.Revocations.Revocation> AppendAsync(PostgresLedger store, string key)
    {
        var point = Point(key, store.Clock.GetUtcNow());
        point = point with { At = DateTimeOffset.FromUnixTimeMilliseconds(point.At.ToUnixTimeMilliseconds()), Expires = DateTimeOffset.FromUnixTimeMilliseconds(point.Expires.ToUnixTimeMilliseconds()) };
        return Assert.Single(await store.CommitAsync(transaction =>
        {
            transaction.Append(point);
            return ValueTask.CompletedTask;
        }));
    }
}
