using Exeunt.Audit;
using Exeunt.Postgres;
using Exeunt.Protocol.Ids;
using Exeunt.Storage;
using Exeunt.Storage.Journal;
using Npgsql;

namespace Exeunt.Tests.Storage;

/// <summary>A node that was started while its database was away is a node like any other once the database is back.</summary>
public sealed class PostgresLateNodeTests : PostgresFixture
{
    [Fact]
    public async Task A_job_is_on_one_node_at_a_time_also_when_one_was_started_without_its_database()
    {
        var other = await StartNodeAsync("other");
        await using var late = await StartLateAsync();

        var taken = await other.Store.TryTakeJobAsync("sweep", Ct);
        Assert.NotNull(taken);
        Assert.Null(await late.TryTakeJobAsync("sweep", Ct));
        await taken.DisposeAsync();
        await using var next = await late.TryTakeJobAsync("sweep", Ct);
        Assert.NotNull(next);
        Assert.Null(await other.Store.TryTakeJobAsync("sweep", Ct));
    }

    [Fact]
    public async Task P8_its_batches_lock_users_in_the_order_of_all_nodes_and_run_into_nobody()
    {
        var other = await StartNodeAsync("other");
        await using var late = await StartLateAsync();
        UserId[] users = [(await other.AddUserAsync()).Id, (await other.AddUserAsync()).Id];
        var (first, second) = users[0].Value < users[1].Value ? (users[0], users[1]) : (users[1], users[0]);
        var (holds, mayGoOn) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        var runs = 0;

        // The other node has the first user and will want the second; this one asks for the second before the first.
        var holding = other.Store.CommitAsync(async transaction =>
        {
            await TouchAsync(transaction, first);
            holds.TrySetResult();
            await mayGoOn.Task;
            await TouchAsync(transaction, second);
        }).AsTask();
        await holds.Task;
        var batch = late.CommitAsync([transaction => TouchAsync(transaction, second), transaction => TouchAsync(transaction, first)]).AsTask();
        await SomebodyWaitsAsync();
        mayGoOn.SetResult();
        await Task.WhenAll(holding, batch);

        Assert.Equal(8, runs); // each once to learn what it touches and once to do it: nobody had to begin again

        async ValueTask TouchAsync(ILedgerTransaction transaction, UserId user)
        {
            Interlocked.Increment(ref runs);
            Assert.NotNull(await transaction.UserAsync(user));
            transaction.Append(new AuditEntry { At = transaction.Now, Action = AuditActions.SignInFailed, By = Actor.Nobody, User = user });
        }
    }

    // Opened by its first commit, as the recovery's is.
    private async Task<LateStore> StartLateAsync()
    {
        var late = new LateStore(new PostgresLedger(new(Database, "late"), TimeProvider.System), NodeMemory.Empty, (_, _) => Task.CompletedTask);
        await Assert.ThrowsAsync<LedgerUnavailableException>(async () => await late.TryTakeJobAsync("sweep", Ct));
        await late.CommitAsync([_ => ValueTask.CompletedTask]);
        return late;
    }

    private async Task SomebodyWaitsAsync()
    {
        await using var connection = new NpgsqlConnection(Database + ";Pooling=false");
        await connection.OpenAsync(Ct);
        await using var waits = new NpgsqlCommand(
            "select exists (select from pg_locks l join pg_stat_activity a using (pid) where not l.granted and a.datname = current_database())", connection);
        while (!(bool)(await waits.ExecuteScalarAsync(Ct))!)
        {
            // There is no event for it; the question itself takes its time.
        }
    }
}
