using Exeunt.Keys;
using Exeunt.Postgres.Server;
using Npgsql;

namespace Exeunt.Postgres;

/// <summary>
/// The pieces of the vault as they lie in the database that the nodes share. What they hold is sealed before it comes here (<see cref="SealedVault"/>).
/// </summary>
/// <exception cref="Storage.LedgerUnavailableException">Any method, when the database cannot be used.</exception>
internal sealed class PostgresVault(Connections connections) : IKeyVault
{
    private const long VaultLock = 0x45786E74_0003;

    /// <inheritdoc/>
    public bool IsShared => true;

    /// <inheritdoc/>
    public byte[]? Read(string name) => Ask("select sealed from vault where name = $1", (name, null), command => command.ExecuteScalar()) as byte[];

    /// <inheritdoc/>
    public void Replace(string name, ReadOnlySpan<byte> content) => Ask(
        "insert into vault (name, sealed) values ($1, $2) on conflict (name) do update set sealed = excluded.sealed", (name, content.ToArray()), command => command.ExecuteNonQuery());

    /// <inheritdoc/>
    public void Delete(string name) => Ask("delete from vault where name = $1", (name, null), command => command.ExecuteNonQuery());

    /// <inheritdoc/>
    public IReadOnlyList<string> Names() => Ask("select name from vault", null, command =>
    {
        List<string> names = [];
        using var rows = command.ExecuteReader();
        while (rows.Read()) names.Add(rows.GetString(0));
        return names;
    });

    /// <inheritdoc/>
    public IDisposable Lock()
    {
        try
        {
            var connection = connections.Open();
            try
            {
                using var take = new NpgsqlCommand($"select pg_advisory_lock({VaultLock})", connection);
                take.ExecuteNonQuery();
                return new Taken(connection);
            }
            catch
            {
                connection.Dispose();
                throw;
            }
        }
        catch (Exception failure) when (failure.IsOfDatabase)
        {
            throw failure.Translate(connections.Where);
        }
    }

    /// <inheritdoc/>
    public string Describe(string name) => $"the key {name} in {connections.Where}";

    private T Ask<T>(string sql, (string Name, byte[]? Sealed)? values, Func<NpgsqlCommand, T> run)
    {
        try
        {
            try
            {
                return Once();
            }
            catch (Exception stale) when (stale.IsOfDatabase && !stale.IsRefusal)
            {
                connections.Renew(); // every statement of the vault can be repeated
                return Once();
            }
        }
        catch (Exception failure) when (failure.IsOfDatabase)
        {
            throw failure.Translate(connections.Where);
        }

        T Once()
        {
            using var connection = connections.Open();
            using var command = new NpgsqlCommand(sql, connection);
            if (values is { } given) command.Parameters.Add(new() { Value = given.Name });
            if (values is { Sealed: { } bytes }) command.Parameters.Add(new() { Value = bytes });
            using var standby = new StandbyWatch(connection);
            var answer = run(command);
            standby.EnsureReplicated();
            return answer;
        }
    }

    private sealed class Taken(NpgsqlConnection connection) : IDisposable
    {
        public void Dispose()
        {
            try
            {
                using var release = new NpgsqlCommand($"select pg_advisory_unlock({VaultLock})", connection);
                release.ExecuteNonQuery();
            }
            catch (Exception failure) when (failure.IsOfDatabase || failure is InvalidOperationException)
            {
                // The connection is lost, and the lock with it.
            }

            connection.Dispose();
        }
    }
}
