using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Exeunt.Postgres.Server;
using Npgsql;

namespace Exeunt.Postgres;

/// <summary>A job that one node runs at a time: an advisory lock, which a node that dies leaves by itself.</summary>
internal sealed class JobLock : IAsyncDisposable
{
    private readonly NpgsqlConnection connection;
    private readonly long key;

    private JobLock(NpgsqlConnection connection, long key) => (this.connection, this.key) = (connection, key);

    public static async ValueTask<IAsyncDisposable?> TryTakeAsync(Connections connections, string name, CancellationToken ct)
    {
        var number = BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"exeunt job {name}")));
        try
        {
            var opened = await connections.OpenAsync(ct);
            try
            {
                if (await AskAsync(opened, "select pg_try_advisory_lock($1)", number, ct)) return new JobLock(opened, number);
            }
            catch
            {
                await opened.DisposeAsync();
                throw;
            }

            await opened.DisposeAsync();
            return null;
        }
        catch (Exception failure) when (failure.IsOfDatabase)
        {
            throw failure.Translate(connections.Where);
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await AskAsync(connection, "select pg_advisory_unlock($1)", key, CancellationToken.None);
        }
        catch (Exception failure) when (failure.IsOfDatabase || failure is InvalidOperationException)
        {
            // The connection is lost, and the lock with it.
        }

        await connection.DisposeAsync();
    }

    private static async ValueTask<bool> AskAsync(NpgsqlConnection connection, string sql, long key, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = key } } };
        return (bool)(await command.ExecuteScalarAsync(ct))!;
    }
}
