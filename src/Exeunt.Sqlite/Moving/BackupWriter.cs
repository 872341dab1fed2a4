using Exeunt.Sqlite.Files;
using Exeunt.Sqlite.Rows;
using Exeunt.Storage.Moving;

namespace Exeunt.Sqlite.Moving;

/// <summary>
/// Makes a backup: one file, a SQLite database of the ledger's own tables and one more with the server's keys, because without them no token can be verified.
/// It is written under another name and gets its own when all is done and synced; until then there is nothing that could be taken for a backup.
/// </summary>
/// <exception cref="Storage.LedgerUnavailableException">Any member, when a file cannot be read or written.</exception>
public sealed class BackupWriter : IDisposable
{
    private static readonly TimeSpan LockWait = TimeSpan.FromSeconds(5);

    private readonly string file;
    private bool isPublished;

    /// <summary>Names the file to make.</summary>
    /// <exception cref="IOException">There is such a file already.</exception>
    public BackupWriter(string file)
    {
        this.file = Path.GetFullPath(file);
        Unfinished = $"{this.file}.{Environment.ProcessId}.partial";
        if (File.Exists(this.file)) throw new IOException($"{file} exists already.");
        File.Delete(Unfinished); // of a process of the same number that was killed
    }

    /// <summary>What it is called until <see cref="Publish"/>.</summary>
    public string Unfinished { get; }

    /// <summary>Copies the database as it is now. A server may go on writing: it neither waits nor gets into the copy.</summary>
    public void Copy(string database, IProgress<(double Done, double Total)> progress) => Translated(() =>
    {
        LedgerFile.Prepare(Unfinished);
        using var from = Database.OpenReader(database, LockWait);
        using var to = Database.OpenAlone(Unfinished);
        from.Sql("begin").Run();
        _ = SettingRows.Epoch(from); // the first read takes the snapshot
        from.CopyTo(to, (done, total) => progress.Report((done, total)));
        from.Sql("commit").Run();
        to.Sql("pragma journal_mode = delete").Run();
    });

    /// <summary>Adds the keys, and makes it known as a backup. Keys are read after the database was copied, so that none is missing.</summary>
    public void Add(IEnumerable<(string Name, byte[] Content)> keys, DateTimeOffset now) => Translated(() =>
    {
        using var db = Database.OpenAlone(Unfinished);
        db.Sql("begin immediate").Run();
        db.Execute("create table backup_keys (name text primary key, content blob not null); create table backup_made (at integer not null)");
        foreach (var (name, content) in keys) db.Sql("insert into backup_keys (name, content) values (?, ?)").Set(name).Set(content).Run();
        db.Sql("insert into backup_made (at) values (?)").Set(now).Run();
        db.Execute($"pragma application_id = {Migrations.BackupId}");
        db.Sql("commit").Run();
    });

    /// <summary>Reads every page and every index again.</summary>
    /// <exception cref="InvalidDataException">The copy is damaged.</exception>
    public BackupFacts Check() => BackupFile.Check(Unfinished);

    /// <summary>Gives it its name.</summary>
    /// <exception cref="IOException">Somebody else has made a file of this name meanwhile.</exception>
    public void Publish()
    {
        File.Move(Unfinished, file, overwrite: false);
        isPublished = true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (isPublished) return;
        File.Delete(Unfinished);
        File.Delete(Unfinished + "-journal");
    }

    private void Translated(Action work)
    {
        try
        {
            work();
        }
        catch (SqliteFailure failure)
        {
            throw failure.Translate(Unfinished);
        }
    }
}

/// <summary>What a backup holds.</summary>
/// <param name="MadeAt">When, ledger time.</param>
/// <param name="Epoch">The ledger's life.</param>
/// <param name="Sequence">How far the revocation log had come.</param>
/// <param name="Counts">How many rows.</param>
/// <param name="Keys">How many files of the key folder.</param>
public sealed record BackupFacts(DateTimeOffset MadeAt, string Epoch, long Sequence, LedgerCounts Counts, int Keys);
