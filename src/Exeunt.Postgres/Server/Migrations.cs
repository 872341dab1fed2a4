using System.Globalization;
using System.Reflection;
using Npgsql;

namespace Exeunt.Postgres.Server;

/// <summary>The numbered SQL files, applied in order, by one node at a time. Forward only.</summary>
internal static class Migrations
{
    private static readonly Lazy<IReadOnlyList<Migration>> All = new(Embedded);

    /// <summary>Brings the schema up to date; says whether it was empty. The caller holds a transaction and the lock of openings.</summary>
    /// <exception cref="InvalidDataException">The schema belongs to a newer version of the product, or to another program.</exception>
    public static async Task<bool> ApplyAsync(NpgsqlConnection connection, string schema, string where, DateTimeOffset now, CancellationToken ct)
    {
        if (!await AskAsync("select exists (select 1 from pg_namespace where nspname = $1)")) await RunAsync($"create schema \"{schema.Replace("\"", "\"\"", StringComparison.Ordinal)}\"");

        var isEmpty = !await AskAsync("select exists (select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relkind in ('r', 'v', 'p'))");
        if (!isEmpty && !await AskAsync("select to_regclass(quote_ident($1) || '.revocation_head') is not null"))
            throw new InvalidDataException($"The schema {schema} of the database {where} belongs to another program. Name another with Search Path=….");

        var applied = isEmpty ? 0 : await NumberAsync("select max(number) from migrations");
        if (applied > All.Value[^1].Number)
        {
            throw new InvalidDataException(
                $"The database {where} was written by a newer version of Exeunt (schema {applied}; this version knows {All.Value[^1].Number}). Start that version, or a newer one.");
        }

        foreach (var migration in All.Value.Where(migration => migration.Number > applied))
        {
            await RunAsync(migration.Sql);
            await using var done = new NpgsqlCommand("insert into migrations (number, name, applied_at) values ($1, $2, $3)", connection)
            {
                Parameters = { new() { Value = migration.Number }, new() { Value = migration.Name }, new() { Value = now.ToUnixTimeMilliseconds() } },
            };
            await done.ExecuteNonQueryAsync(ct);
        }

        return isEmpty;

        async Task<bool> AskAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = schema } } };
            return (bool)(await command.ExecuteScalarAsync(ct))!;
        }

        async Task<int> NumberAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            return await command.ExecuteScalarAsync(ct) as int? ?? 0;
        }

        async Task RunAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync(ct);
        }
    }

    private static List<Migration> Embedded()
    {
        var assembly = Assembly.GetExecutingAssembly();
        return [.. assembly.GetManifestResourceNames()
            .Where(name => name.EndsWith(".sql", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name => Read(assembly, name))];
    }

    private static Migration Read(Assembly assembly, string resource)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
        var name = resource.Split('.')[^2]; // Exeunt.Postgres.Migrations.0001_first.sql
        return new(int.Parse(name.AsSpan(0, 4), CultureInfo.InvariantCulture), name, reader.ReadToEnd());
    }

    private sealed record Migration(int Number, string Name, string Sql);
}
