using System.Globalization;
using System.Reflection;

namespace Exeunt.Sqlite.Files;

/// <summary>The numbered SQL files, applied in order under the write lock. Forward only.</summary>
internal static class Migrations
{
    /// <summary>Written into the file's header, so that a database of something else is not taken for ours: "Exnt".</summary>
    public const int ApplicationId = 0x45786E74;

    /// <summary>Stands in the header of a backup, which holds keys and must not be served as it is: "ExnB".</summary>
    public const int BackupId = 0x45786E42;

    private static readonly Lazy<IReadOnlyList<Migration>> All = new(Embedded);

    /// <summary>Brings the schema up to date; says whether the database was empty. The caller holds a transaction.</summary>
    /// <exception cref="InvalidDataException">The file belongs to a newer version of the product, or to another one.</exception>
    public static bool Apply(Database db, string path, DateTimeOffset now)
    {
        var tables = db.Sql("select count(*) from sqlite_master").Number() ?? 0;
        if (tables > 0 && db.Sql("pragma application_id").Number() == BackupId)
            throw new InvalidDataException($"{path} is a backup. Put it back with: exeunt restore --from {path}");
        if (tables > 0 && db.Sql("pragma application_id").Number() != ApplicationId)
            throw new InvalidDataException($"{path} is a database of another program. Name another data folder, or move the file away.");

        var applied = tables == 0 ? 0 : db.Sql("select max(number) from migrations").Number() ?? 0;
        if (applied > All.Value[^1].Number)
        {
            throw new InvalidDataException(
                $"{path} was written by a newer version of Exeunt (schema {applied}; this version knows {All.Value[^1].Number}). " +
                "Start that version, or a newer one.");
        }

        foreach (var migration in All.Value.Where(migration => migration.Number > applied))
        {
            db.Execute(migration.Sql);
            db.Sql("insert into migrations (number, name, applied_at) values (?, ?, ?)").Set(migration.Number).Set(migration.Name).Set(now).Run();
        }

        if (tables == 0) db.Execute($"pragma application_id = {ApplicationId}");
        return tables == 0;
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
        var name = resource.Split('.')[^2]; // Exeunt.Sqlite.Migrations.0001_first.sql
        return new(int.Parse(name.AsSpan(0, 4), CultureInfo.InvariantCulture), name, reader.ReadToEnd());
    }

    private sealed record Migration(int Number, string Name, string Sql);
}
