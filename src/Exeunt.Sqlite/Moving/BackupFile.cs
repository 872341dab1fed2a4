using Exeunt.Sqlite.Files;
using Exeunt.Sqlite.Rows;

namespace Exeunt.Sqlite.Moving;

/// <summary>A backup that was made, or a copy of one that becomes a ledger again.</summary>
public static class BackupFile
{
    /// <summary>Reads all of it and says what it holds.</summary>
    /// <exception cref="InvalidDataException">It is no backup, or it is damaged; the message says which.</exception>
    public static BackupFacts Check(string file) => Read(file, db =>
    {
        Recognize(db, file);
        var said = db.Sql("pragma integrity_check(3)").All(row => row.Text());
        if (said is not ["ok"]) throw new InvalidDataException($"{file} is damaged: {string.Join("; ", said)}.");
        if (db.Sql("pragma foreign_key_check").Step()) throw new InvalidDataException($"{file} is damaged: rows that others refer to are missing.");

        var state = Whole.State(db);
        return new BackupFacts(
            DateTimeOffset.FromUnixTimeMilliseconds(db.Sql("select at from backup_made").Number() ?? 0), state.Epoch, state.Sequence, Whole.Counts(db),
            (int)(db.Sql("select count(*) from backup_keys").Number() ?? 0));
    });

    /// <summary>Turns a copy of a backup into a plain ledger: takes the keys out of it and gives them to the caller.</summary>
    /// <exception cref="InvalidDataException">It is no backup.</exception>
    public static IReadOnlyList<(string Name, byte[] Content)> Unpack(string copy) => Read(copy, db =>
    {
        Recognize(db, copy);
        var keys = db.Sql("select name, content from backup_keys").All(row => (row.Text(), row.Bytes()));
        db.Sql("begin immediate").Run();
        db.Execute($"drop table backup_keys; drop table backup_made; pragma application_id = {Migrations.ApplicationId}");
        db.Sql("commit").Run();
        return keys;
    });

    private static void Recognize(Database db, string file)
    {
        if (db.Sql("pragma application_id").Number() != Migrations.BackupId) throw new InvalidDataException($"{file} is not a backup that exeunt backup made.");
    }

    private static T Read<T>(string file, Func<Database, T> read)
    {
        try
        {
            using var db = Database.OpenAlone(file);
            return read(db);
        }
        catch (SqliteFailure failure)
        {
            throw new InvalidDataException($"{file} is not a backup, or it is damaged ({failure.Message}).", failure);
        }
    }
}
