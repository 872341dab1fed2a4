using Exeunt.Storage;
using Npgsql;

namespace Exeunt.Postgres.Server;

/// <summary>One transaction's talk with the server: each call is one round trip.</summary>
internal sealed class Dialogue(NpgsqlConnection connection)
{
    /// <summary>Sends statements and reads their results.</summary>
    public async ValueTask<T> AskAsync<T>(Action<NpgsqlBatch> ask, Func<Results, ValueTask<T>> read)
    {
        try
        {
            await using var batch = connection.CreateBatch();
            ask(batch);
            await using var results = new Results(await batch.ExecuteReaderAsync(), CancellationToken.None);
            return await read(results);
        }
        catch (Exception failure) when (failure.IsOfDatabase)
        {
            throw new PostgresTrouble(failure, whileCommitting: false);
        }
    }

    /// <summary>Sends statements whose results do not matter; an empty batch is not sent.</summary>
    /// <exception cref="LedgerUnavailableException">They were committed where they were sent, and a standby that should have them does not.</exception>
    public async ValueTask RunAsync(Action<NpgsqlBatch> add, bool commits = false)
    {
        try
        {
            await using var batch = connection.CreateBatch();
            add(batch);
            using var standby = new StandbyWatch(connection);
            if (batch.BatchCommands.Count > 0) await batch.ExecuteNonQueryAsync();
            standby.EnsureReplicated();
        }
        catch (Exception failure) when (failure.IsOfDatabase)
        {
            throw new PostgresTrouble(failure, commits);
        }
    }

    /// <summary>The same without letting go of the thread, for the few members of the port that cannot wait. Rare: what is foreseen is locked beforehand.</summary>
    public void Ask(Action<NpgsqlBatch> ask, Action<NpgsqlDataReader> read)
    {
        try
        {
            using var batch = connection.CreateBatch();
            ask(batch);
            using var reader = batch.ExecuteReader();
            read(reader);
        }
        catch (Exception failure) when (failure.IsOfDatabase)
        {
            throw new PostgresTrouble(failure, whileCommitting: false);
        }
    }

    /// <summary>Ends the transaction without effect. What cannot even be told so is closed, which does the same.</summary>
    public async ValueTask RollBackAsync()
    {
        try
        {
            await using var batch = connection.CreateBatch();
            batch.Sql("rollback");
            await batch.ExecuteNonQueryAsync();
        }
        catch (Exception failure) when (failure.IsOfDatabase || failure is InvalidOperationException)
        {
            NpgsqlConnection.ClearPool(connection);
        }
    }
}
