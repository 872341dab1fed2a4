using Npgsql;

namespace Exeunt.AspNetPeer;

/// <summary>Refresh tokens and ended sessions in PostgreSQL: a pool, prepared statements, and one statement, which is one transaction, for each piece of work.</summary>
internal sealed class Store(NpgsqlDataSource database) : IAsyncDisposable
{
    private const string Schema = """
        create table users (id uuid primary key, email text not null unique, password_hash bytea not null);
        create table refresh_tokens (
            token_hash bytea primary key, sid uuid not null, user_id uuid not null references users on delete cascade, expires_at timestamptz not null);
        create index refresh_tokens_of_user on refresh_tokens (user_id);
        create table ended_sessions (sid uuid primary key, expires_at timestamptz not null);
        """;

    private static readonly string Rotation = $"""
        update refresh_tokens set token_hash = $2, expires_at = now() + {Tokens.RefreshSeconds} * interval '1 second'
        where token_hash = $1 and expires_at > now() returning user_id, sid
        """;

    // An ended session is listed until its last access token has expired.
    private static readonly string Listing = $"insert into ended_sessions (sid, expires_at) select sid, now() + {Tokens.AccessSeconds} * interval '1 second' from gone";

    public async Task<(Guid Id, byte[] PasswordHash)?> FindUserAsync(string email)
    {
        await using var command = Command("select id, password_hash from users where email = $1", email);
        await using var row = await command.ExecuteReaderAsync();
        return await row.ReadAsync() ? (row.GetGuid(0), row.GetFieldValue<byte[]>(1)) : null;
    }

    public Task AddSessionAsync(Guid user, Guid sid, byte[] hash) => ExecuteAsync(Command(
        $"insert into refresh_tokens (token_hash, sid, user_id, expires_at) values ($1, $2, $3, now() + {Tokens.RefreshSeconds} * interval '1 second')", hash, sid, user));

    /// <summary>Puts the next token into the place of this one; null when it is not good.</summary>
    public async Task<(Guid User, Guid Sid)?> RotateAsync(byte[] hash, byte[] next)
    {
        await using var command = Command(Rotation, hash, next);
        await using var row = await command.ExecuteReaderAsync();
        return await row.ReadAsync() ? (row.GetGuid(0), row.GetGuid(1)) : null;
    }

    /// <summary>Deletes the refresh token and lists its session; false when there was none.</summary>
    public async Task<bool> EndAsync(byte[] hash) =>
        await ExecuteAsync(Command($"with gone as (delete from refresh_tokens where token_hash = $1 returning sid) {Listing}", hash)) == 1;

    /// <summary>The same for all sessions of a user; how many those were.</summary>
    public Task<int> EndAllAsync(Guid user) =>
        ExecuteAsync(Command($"with gone as (delete from refresh_tokens where user_id = $1 returning sid) {Listing}", user));

    public async Task<bool> IsEndedAsync(Guid sid)
    {
        await using var command = Command("select exists (select from ended_sessions where sid = $1)", sid);
        return (bool)(await command.ExecuteScalarAsync())!;
    }

    public Task CreateAsync() => ExecuteAsync(database.CreateCommand(Schema));

    /// <summary>Thousands at a time, for the benchmark.</summary>
    public async Task FillAsync(Guid[] users, string[] emails, byte[] passwordHash, byte[][] hashes, Guid[] sids, Guid[] owners)
    {
        await ExecuteAsync(Command("insert into users select id, email, $3 from unnest($1, $2) as t (id, email)", users, emails, passwordHash));
        await ExecuteAsync(Command(
            $"insert into refresh_tokens select h, s, u, now() + {Tokens.RefreshSeconds} * interval '1 second' from unnest($1, $2, $3) as t (h, s, u)", hashes, sids, owners));
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    private static async Task<int> ExecuteAsync(NpgsqlCommand command)
    {
        await using (command) return await command.ExecuteNonQueryAsync();
    }

    private NpgsqlCommand Command(string sql, params ReadOnlySpan<object> values)
    {
        var command = database.CreateCommand(sql);
        foreach (var value in values) command.Parameters.Add(new() { Value = value });
        return command;
    }
}
