using Exeunt.Clients;
using Exeunt.Postgres.Server;
using Exeunt.Protocol.Ids;
using Npgsql;

namespace Exeunt.Postgres.Rows;

/// <summary>Programs with credentials as rows.</summary>
internal static class ClientRows
{
    private const string Columns = "id, name, scopes, secret_hash, created_at";

    public static void All(NpgsqlBatch batch) => batch.Sql($"select {Columns} from clients order by id");

    public static void Insert(NpgsqlBatch batch, RegisteredClient client) => batch
        .Sql($"insert into clients ({Columns}) values ($1, $2, $3, $4, $5)")
        .Set(client.Id).Set(client.Name).Set(string.Join(' ', client.Scopes)).Set(client.SecretHash).Set(client.CreatedAt);

    public static void Delete(NpgsqlBatch batch, AppId id) =>
        batch.Sql("with gone as (delete from clients where id = $1 returning 1) select count(*) from gone").Set(id);

    public static RegisteredClient Read(Row row) => new(row.Key<AppId>(), row.Text(), row.Text().Split(' ', StringSplitOptions.RemoveEmptyEntries), row.Bytes(), row.Time());
}
