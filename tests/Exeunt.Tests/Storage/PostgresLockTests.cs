using Exeunt.Protocol.Ids;
using Npgsql;

namespace Exeunt.Tests.Storage;

/// <summary>What an operation decides about is locked, also what came while it waited for locks.</summary>
public sealed class PostgresLockTests : PostgresFixture
{
    private const string Waiting =
        "select count(*) from pg_locks l join pg_stat_activity a using (pid) where not l.granted and a.datname = current_database()";

    [Fact]
    public async Task P1_a_session_that_was_opened_while_a_batch_waited_for_its_locks_is_locked_before_anything_is_decided_about_it()
    {
        var (here, elsewhere) = (await StartNodeAsync("a"), await StartNodeAsync("b"));
        var (held, other) = (await here.AddUserAsync(), await here.AddUserAsync());
        var known = await here.OpenAsync(held);
        var comes = (await here.OpenAsync(other)) with { OutsideId = "of a provider" };
        await using var observer = await ConnectAsync();
        bool? wasLocked = null;

        Task batch;
        await using (var holder = await ConnectAsync())
        {
            await using var hold = await holder.BeginTransactionAsync(Ct);
            await AskAsync(holder, $"select count(*) from (select from users where subject = '{held.Subject}' for no key update) held");
            batch = Task.Run(
                () => here.Store.CommitAsync(
                [
                    async transaction => await transaction.SessionAsync(known.Id),
                    async transaction =>
                    {
                        if (await transaction.SessionByOutsideIdAsync(Us, comes.OutsideId) is not { } session) return;
                        Assert.Equal(other.Id, session.User);
                        wasLocked = await AskAsync(observer, $"select count(*) from (select from users where subject = '{other.Subject}' for no key update skip locked) free") == 0;
                    },
                ]).AsTask(),
                Ct);
            while (await AskAsync(observer, Waiting) == 0) Assert.False(batch.IsCompleted, "It did not wait for the lock.");
            await elsewhere.Store.CommitAsync(transaction =>
            {
                transaction.Insert(comes with { Id = Id.New<SessionId>(transaction.Now) });
                return ValueTask.CompletedTask;
            });
        }

        await batch;
        Assert.True(wasLocked);
    }

    private async Task<NpgsqlConnection> ConnectAsync()
    {
        var connection = new NpgsqlConnection(Database + ";Search Path=exeunt;Pooling=false");
        await connection.OpenAsync(Ct);
        return connection;
    }

    private static async Task<long> AskAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync(Ct))!;
    }
}
