using System.Collections.Concurrent;
using Exeunt.Sessions;
using Exeunt.Sqlite.Files;
using Exeunt.Sqlite.Rows;
using Exeunt.Storage;

namespace Exeunt.Sqlite;

/// <summary>A few connections that read while the writer writes. Each read sees one committed state from its first row to its last.</summary>
internal sealed class Readers(string path, LedgerClock clock, TimeSpan lockWait) : IDisposable
{
    // Reading is work for the processor, not waiting: more connections than this only take turns.
    private const int Most = 4;

    private readonly ConcurrentBag<Database> idle = [];
    private readonly SemaphoreSlim places = new(Most, Most);

    public async ValueTask<T> ReadAsync<T>(Func<Snapshot, T> read, CancellationToken ct)
    {
        await places.WaitAsync(ct);
        try
        {
            return Read(read);
        }
        catch (SqliteFailure failure)
        {
            throw failure.Translate(path);
        }
        finally
        {
            places.Release();
        }
    }

    /// <summary>Waits for the reads under way, then closes the connections.</summary>
    public void Dispose()
    {
        for (var place = 0; place < Most; place++) places.Wait();
        while (idle.TryTake(out var db)) db.Dispose();
        places.Dispose();
    }

    private T Read<T>(Func<Snapshot, T> read)
    {
        if (!idle.TryTake(out var db)) db = Database.OpenReader(path, lockWait);
        try
        {
            db.Sql("begin").Run();
            var result = read(new Snapshot(db, clock.GetUtcNow()));
            db.Sql("commit").Run();
            idle.Add(db);
            return result;
        }
        catch
        {
            db.Dispose(); // whatever state it was in
            throw;
        }
    }
}

/// <summary>One committed state of the ledger, and the moment at which it is judged.</summary>
internal sealed class Snapshot
{
    public Snapshot(Database db, DateTimeOffset now)
    {
        Db = db;
        Now = now;
        Epoch = SettingRows.Epoch(db) ?? "";
        CutOffs = new SnapshotCutOffs(db, Epoch);
    }

    public Database Db { get; }

    public DateTimeOffset Now { get; }

    public string Epoch { get; }

    public CutOffs CutOffs { get; }

    public JudgedSession Judge(Session session) => new(session, session.Judge(CutOffs.EarliestOver(session), Now));
}
