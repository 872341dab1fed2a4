using Exeunt.Sqlite.Files;

namespace Exeunt.Sqlite.Rows;

/// <summary>What the ledger knows of itself: its lives, its chain, the latest token.</summary>
internal static class SettingRows
{
    public const string Chain = "chain";
    public const string MovedTo = "moved_to"; // there only once the ledger lives in another database: which, and since when
    public const string LatestTokenExpiry = "latest_token_expiry"; // milliseconds since 1970

    public static string? Text(Database db, string name) => db.Sql("select value from settings where name = ?").Set(name).FirstText();

    public static long? Number(Database db, string name) => db.Sql("select value from settings where name = ?").Set(name).Number();

    public static void Put(Database db, string name, string value) => db
        .Sql("insert into settings (name, value) values (?, ?) on conflict (name) do update set value = excluded.value").Set(name).Set(value).Run();

    public static void Put(Database db, string name, long value) => db
        .Sql("insert into settings (name, value) values (?, ?) on conflict (name) do update set value = excluded.value").Set(name).Set(value).Run();

    public static void Remove(Database db, string name) => db.Sql("delete from settings where name = ?").Set(name).Run();

    public static string? Epoch(Database db) => db.Sql("select epoch from epochs order by number desc limit 1").FirstText();

    /// <summary>How far the log had come in this epoch; null when this database has never lived in it.</summary>
    public static long? SequenceOf(Database db, string epoch) => db
        .Sql("select coalesce(last_sequence, (select seq from sqlite_sequence where name = 'revocations'), 0) from epochs where epoch = ?")
        .Set(epoch).Number();

    /// <summary>Records that a life, perhaps one that this database never saw, has come at least as far as this.</summary>
    public static void Reach(Database db, string epoch, long sequence, long present, DateTimeOffset at) => db
        .Sql("""
            insert into epochs (epoch, began_at, last_sequence) values (?1, ?2, ?3)
            on conflict (epoch) do update set last_sequence = max(coalesce(last_sequence, ?4), ?3)
            """)
        .Set(epoch).Set(at).Set(sequence).Set(present).Run();

    public static void BeginEpoch(Database db, string epoch, DateTimeOffset at, long lastSequence)
    {
        db.Sql("update epochs set last_sequence = ? where last_sequence is null").Set(lastSequence).Run();
        db.Sql("insert into epochs (epoch, began_at) values (?, ?)").Set(epoch).Set(at).Run();
    }

    /// <summary>The newest instant that the ledger holds: of an entry, an ending or a session's creation. Null while it is empty.</summary>
    public static long? NewestInstant(Database db) => db
        .Sql("select max(coalesce((select max(at) from audit), 0), coalesce((select at from revocations order by seq desc limit 1), 0))").Number();
}
