using Exeunt.Accounts;
using Exeunt.Postgres.Server;
using Exeunt.Protocol.Ids;
using Npgsql;

namespace Exeunt.Postgres.Rows;

/// <summary>Accounts as rows.</summary>
internal static class UserRows
{
    public const string Columns = "u.id, u.issuer, u.subject, u.email, u.name, u.password_hash, u.roles, u.disabled_at, u.created_at, u.unmarked_sessions";

    // Every text that begins with a prefix sorts before the prefix with the last character of Unicode behind it.
    private const string EndOfPrefix = "\U0010FFFF";

    public static void Find(NpgsqlBatch batch, UserId id) => batch.Sql($"select {Columns} from users u where id = $1").Set(id);

    public static void FindByEmail(NpgsqlBatch batch, string normalizedEmail) => batch.Sql($"select {Columns} from users u where email_key = $1").Set(normalizedEmail);

    public static void Page(NpgsqlBatch batch, UserId? after, int limit) =>
        batch.Sql($"select {Columns} from users u where id > $1 order by id limit $2").Set(after ?? default).Set(limit);

    public static void PageOfPrefix(NpgsqlBatch batch, string prefix, UserId? after, int limit)
    {
        var key = User.Normalize(prefix);
        batch.Sql($"""
            select {Columns} from users u where id in (
                select id from users where email_key >= $2 and email_key < $3 union select id from users where name_key >= $2 and name_key < $3)
            and id > $1 order by id limit $4
            """).Set(after ?? default).Set(key).Set(key + EndOfPrefix).Set(limit);
    }

    public static void Insert(NpgsqlBatch batch, User user) => Set(batch
        .Sql("""
            insert into users (id, issuer, subject, created_at, email, email_key, name, name_key, password_hash, roles, disabled_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            """)
        .Set(user.Id).Set(user.Issuer).Set(user.Subject).Set(user.CreatedAt), user);

    public static void Update(NpgsqlBatch batch, User user) => Set(batch
        .Sql("""
            with changed as (
                update users set email = $2, email_key = $3, name = $4, name_key = $5, password_hash = $6, roles = $7, disabled_at = $8 where id = $1 returning 1)
            select must_be(count(*), 1, 'there is no such account to update') from changed
            """)
        .Set(user.Id), user);

    public static User Read(Row row) => Read(ref row);

    /// <summary>The same, when more columns follow.</summary>
    public static User Read(ref Row row) => new()
    {
        Id = row.Key<UserId>(),
        Issuer = row.Text(),
        Subject = row.Text(),
        Email = row.TextOrNull(),
        Name = row.TextOrNull(),
        PasswordHash = row.TextOrNull(),
        Roles = row.Texts(),
        DisabledAt = row.TimeOrNull(),
        CreatedAt = row.Time(),
        UnmarkedSessions = row.Long(),
    };

    private static void Set(NpgsqlBatchCommand sql, User user) => sql
        .Set(user.Email).Set(user.Email is { } email ? User.Normalize(email) : null)
        .Set(user.Name).Set(user.Name is { } name ? User.Normalize(name) : null)
        .Set(user.PasswordHash).Texts(user.Roles).LongOrNull(user.DisabledAt?.ToUnixTimeMilliseconds());
}
