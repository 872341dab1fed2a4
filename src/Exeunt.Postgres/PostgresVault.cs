using System.Security.Cryptography;
using System.Text;
using Exeunt.Keys;
using Exeunt.Postgres.Server;
using Npgsql;

namespace Exeunt.Postgres;

/// <summary>
/// The server's keys in the database that the nodes share, each sealed with AES-256-GCM under a key made from the master key. Whoever has the database alone
/// has none of them; a piece that was put under another name does not open.
/// </summary>
/// <exception cref="Storage.LedgerUnavailableException">Any method, when the database cannot be used.</exception>
internal sealed class PostgresVault : IKeyVault
{
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const long VaultLock = 0x45786E74_0003;

    private readonly Connections connections;
    private readonly byte[] key;

    /// <summary>Uses the ledger's connections.</summary>
    public PostgresVault(Connections connections, ReadOnlySpan<byte> masterKey)
    {
        this.connections = connections;
        key = HKDF.DeriveKey(HashAlgorithmName.SHA256, masterKey.ToArray(), 32, info: "exeunt key vault 1"u8.ToArray());
    }

    /// <inheritdoc/>
    public bool IsShared => true;

    /// <inheritdoc/>
    public byte[]? Read(string name)
    {
        var found = Ask("select sealed from vault where name = $1", (name, null), command => command.ExecuteScalar());
        return found is byte[] stored ? Open(name, stored) : null;
    }

    /// <inheritdoc/>
    public void Replace(string name, ReadOnlySpan<byte> content) => Ask(
        "insert into vault (name, sealed) values ($1, $2) on conflict (name) do update set sealed = excluded.sealed", (name, Seal(name, content)), command => command.ExecuteNonQuery());

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

    private byte[] Seal(string name, ReadOnlySpan<byte> content)
    {
        var stored = new byte[NonceBytes + TagBytes + content.Length];
        RandomNumberGenerator.Fill(stored.AsSpan(0, NonceBytes));
        using var cipher = new AesGcm(key, TagBytes);
        cipher.Encrypt(stored.AsSpan(0, NonceBytes), content, stored.AsSpan(NonceBytes + TagBytes), stored.AsSpan(NonceBytes, TagBytes), Bound(name));
        return stored;
    }

    private byte[] Open(string name, byte[] stored)
    {
        if (stored.Length < NonceBytes + TagBytes) throw new InvalidDataException($"{Describe(name)} is damaged.");
        var content = new byte[stored.Length - NonceBytes - TagBytes];
        using var cipher = new AesGcm(key, TagBytes);
        try
        {
            cipher.Decrypt(stored.AsSpan(0, NonceBytes), stored.AsSpan(NonceBytes + TagBytes), stored.AsSpan(NonceBytes, TagBytes), content, Bound(name));
            return content;
        }
        catch (AuthenticationTagMismatchException mismatch)
        {
            throw new InvalidDataException($"{Describe(name)} does not open with this master key (Exeunt:Ledger:MasterKey): it was sealed with another one, or damaged.", mismatch);
        }
    }

    private static byte[] Bound(string name) => Encoding.UTF8.GetBytes(name);

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
            return run(command);
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
            catch (Exception failure) when (failure.IsOfDatabase)
            {
                // The connection is lost, and the lock with it.
            }

            connection.Dispose();
        }
    }
}
