using Exeunt.Clients;
using Exeunt.Protocol.Ids;
using Exeunt.Sqlite.Files;

namespace Exeunt.Sqlite.Rows;

/// <summary>Programs with credentials as rows.</summary>
internal static class ClientRows
{
    private const string Columns = "id, name, scopes, secret_hash, created_at";

    public static List<RegisteredClient> All(Database db) => db.Sql($"select {Columns} from clients order by id").All(Read);

    public static void Insert(Database db, RegisteredClient client) => db
        .Sql($"insert into clients ({Columns}) values (?, ?, ?, ?, ?)")
        .Set(client.Id).Set(client.Name).Set(string.Join(' ', client.Scopes)).Set(client.SecretHash).Set(client.CreatedAt)
        .Run();

    public static bool Delete(Database db, AppId id) => db.Sql("delete from clients where id = ?").Set(id).Run() == 1;

    private static RegisteredClient Read(Statement row) => new(row.Key<AppId>(), row.Text(), row.Text().Split(' ', StringSplitOptions.RemoveEmptyEntries), row.Bytes(), row.Time());
}
