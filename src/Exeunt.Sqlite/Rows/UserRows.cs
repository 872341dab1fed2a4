using System.Text.Json;
using Exeunt.Accounts;
using Exeunt.Protocol.Ids;
using Exeunt.Sqlite.Files;

namespace Exeunt.Sqlite.Rows;

/// <summary>Accounts as rows.</summary>
internal static class UserRows
{
    private const string Columns = "id, issuer, subject, email, name, password_hash, roles, disabled_at, created_at, unmarked_sessions";

    // Every text that begins with a prefix sorts before the prefix with the last character of Unicode behind it.
    private const string EndOfPrefix = "\U0010FFFF";

    public static User? Find(Database db, UserId id) => db.Sql($"select {Columns} from users where id = ?").Set(id).First(Read);

    public static User? FindByEmail(Database db, string normalizedEmail) =>
        db.Sql($"select {Columns} from users where email_key = ?").Set(normalizedEmail).First(Read);

    public static User? FindBySubject(Database db, string issuer, string subject) =>
        db.Sql($"select {Columns} from users where issuer = ? and subject = ?").Set(issuer).Set(subject).First(Read);

    public static List<User> Page(Database db, UserId? after, int limit) =>
        db.Sql($"select {Columns} from users where id > ? order by id limit ?").Set(after ?? default).Set(limit).All(Read);

    public static List<User> PageOfPrefix(Database db, string prefix, UserId? after, int limit)
    {
        var key = User.Normalize(prefix);

        // The plus sign makes SQLite look the prefix up in its two indexes rather than walk all accounts in the order of their ids.
        return db
            .Sql($"""
                select {Columns} from users
                where +id > ? and ((email_key >= ? and email_key < ?) or (name_key >= ? and name_key < ?))
                order by id limit ?
                """)
            .Set(after ?? default).Set(key).Set(key + EndOfPrefix).Set(key).Set(key + EndOfPrefix).Set(limit)
            .All(Read);
    }

    public static void Insert(Database db, User user) =>
        Set(db
            .Sql("""
                insert into users (id, issuer, subject, created_at, email, email_key, name, name_key, password_hash, roles, disabled_at)
                values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
            .Set(user.Id).Set(user.Issuer).Set(user.Subject).Set(user.CreatedAt), user)
            .Run();

    public static void Update(Database db, User user)
    {
        var changed = Set(
            db.Sql("update users set email = ?, email_key = ?, name = ?, name_key = ?, password_hash = ?, roles = ?, disabled_at = ? where id = ?"), user)
            .Set(user.Id)
            .Run();
        if (changed == 0) throw new InvalidOperationException($"There is no account {user.Id} to update.");
    }

    private static Statement Set(Statement sql, User user) => sql
        .Set(user.Email).Set(user.Email is { } email ? User.Normalize(email) : null)
        .Set(user.Name).Set(user.Name is { } name ? User.Normalize(name) : null)
        .Set(user.PasswordHash).Set(JsonSerializer.Serialize(user.Roles)).Set(user.DisabledAt);

    private static User Read(Statement row) => new()
    {
        Id = row.Key<UserId>(),
        Issuer = row.Text(),
        Subject = row.Text(),
        Email = row.TextOrNull(),
        Name = row.TextOrNull(),
        PasswordHash = row.TextOrNull(),
        Roles = RolesOf(row.Text()),
        DisabledAt = row.TimeOrNull(),
        CreatedAt = row.Time(),
        UnmarkedSessions = row.Long(),
    };

    // Not by the serializer: what it makes for a type by reflection is paid at every start, and a user is read with every refresh.
    private static string[] RolesOf(string json)
    {
        if (json == "[]") return [];
        using var roles = JsonDocument.Parse(json);
        return [.. roles.RootElement.EnumerateArray().Select(role => role.GetString()!)];
    }
}
