using System.Diagnostics;
using SQLitePCL;

namespace Exeunt.Sqlite.Files;

/// <summary>
/// One open connection with its statements, each prepared once. It stands directly on SQLite's own calls: a logout binds some fifty values, and what a
/// layer of commands and boxed parameters adds to that would cost more than the work itself. Used by one thread at a time.
/// </summary>
internal sealed class Database : IDisposable
{
    // The write-ahead log is copied back at this many pages (16 MiB): rarely enough that a burst of logouts does not pay for it.
    private const int CheckpointPages = 4096;

    private const int MostSwitches = 100;

    private static readonly TimeSpan LockPoll = TimeSpan.FromMilliseconds(1);

    // By text, and in front of that by the very string: nearly all are constants, and hashing a long text costs as much as running it.
    private readonly Dictionary<string, Statement> statements = [];
    private readonly Dictionary<string, Statement> constants = new(ReferenceEqualityComparer.Instance);
    private readonly sqlite3 handle;
    private readonly TimeSpan lockWait;

    private Database(sqlite3 handle, TimeSpan lockWait) => (this.handle, this.lockWait) = (handle, lockWait);

    /// <summary>Whether a transaction is open.</summary>
    public bool InTransaction => raw.sqlite3_get_autocommit(handle) == 0;

    /// <summary>How many rows the last statement changed, not counting what triggers did.</summary>
    public int Changes => raw.sqlite3_changes(handle);

    /// <summary>Opens the one connection that writes; the file must exist.</summary>
    public static Database OpenWriter(string path, TimeSpan lockWait)
    {
        var database = Open(path, lockWait);
        try
        {
            // SQLite falls back to reading alone when it may not write, and would say so only at the first logout.
            if (raw.sqlite3_db_readonly(database.handle, "main") == 1) database.Check(raw.SQLITE_READONLY);
            database.SwitchToWriteAheadLog();
            database.Execute("pragma synchronous = full"); // an answer is given when the disk has it, not before
            database.Execute("pragma fullfsync = on"); // the same on macOS, where fsync alone does not reach the disk
            database.Execute("pragma foreign_keys = on");
            database.Execute("pragma secure_delete = on"); // an erased value is overwritten, not only unlinked
            database.Execute($"pragma wal_autocheckpoint = {CheckpointPages}");
            database.Execute("pragma journal_size_limit = 67108864");
            database.Execute("pragma cache_size = -65536"); // 64 MiB
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>Opens a connection that only reads; the file must exist.</summary>
    public static Database OpenReader(string path, TimeSpan lockWait)
    {
        var database = Open(path, lockWait);
        database.Execute("pragma query_only = on");
        database.Execute("pragma cache_size = -256"); // KiB: the system keeps the file in memory once for all of them
        return database;
    }

    /// <summary>Opens a file that nobody else has, such as a copy that is being made: no write-ahead log beside it, every change synced.</summary>
    public static Database OpenAlone(string path)
    {
        var database = Open(path, TimeSpan.Zero);
        database.Execute("pragma synchronous = full");
        database.Execute("pragma secure_delete = on");
        return database;
    }

    /// <summary>
    /// Copies the whole database into an empty one, as it is at this moment: the caller has a transaction open here, so whatever is written meanwhile neither
    /// gets into the copy nor makes it begin again, and nobody waits for it.
    /// </summary>
    /// <param name="copy">Open and empty.</param>
    /// <param name="progress">Told how many pages of how many are done.</param>
    public void CopyTo(Database copy, Action<int, int> progress)
    {
        const int PagesAtOnce = 64; // 256 KiB between two reports
        using var backup = raw.sqlite3_backup_init(copy.handle, "main", handle, "main");
        if (backup.IsInvalid) copy.Check(raw.sqlite3_errcode(copy.handle));
        int code;
        do
        {
            code = raw.sqlite3_backup_step(backup, PagesAtOnce);
            progress(raw.sqlite3_backup_pagecount(backup) - raw.sqlite3_backup_remaining(backup), raw.sqlite3_backup_pagecount(backup));
        }
        while (code == raw.SQLITE_OK);
        copy.Check(code);
    }

    /// <summary>The statement of this text, ready for its first value.</summary>
    public Statement Sql(string sql)
    {
        if (constants.TryGetValue(sql, out var statement)) return statement.Rewind();
        if (!statements.TryGetValue(sql, out statement))
        {
            Check(raw.sqlite3_prepare_v3(handle, sql, raw.SQLITE_PREPARE_PERSISTENT, out var prepared));
            statement = new(this, prepared);
            statements.Add(sql, statement);
        }

        if (string.IsInterned(sql) is { } interned && ReferenceEquals(interned, sql)) constants.Add(sql, statement);
        return statement.Rewind();
    }

    /// <summary>Runs statements that take no values, as a migration does.</summary>
    public void Execute(string script) => Check(raw.sqlite3_exec(handle, script));

    /// <summary>
    /// Begins a transaction that writes, as soon as no other process does. SQLite's own waiting asks ten times a second in the end, and beside a process that
    /// commits without a pause that is too rare ever to meet the moment between two of its transactions.
    /// </summary>
    public void BeginWriting()
    {
        var begun = Stopwatch.GetTimestamp();
        WaitForLocks(TimeSpan.Zero);
        try
        {
            while (!TryBegin(isLastTry: Stopwatch.GetElapsedTime(begun) >= lockWait)) Thread.Sleep(LockPoll);
        }
        finally
        {
            WaitForLocks(lockWait);
        }
    }

    /// <summary>Ends a transaction without effect, if one is open: SQLite closes it by itself after some errors.</summary>
    public void RollBack()
    {
        if (InTransaction) Sql("rollback").Run();
    }

    /// <summary>Turns a result code that is not success into an exception.</summary>
    public void Check(int code)
    {
        if (code is raw.SQLITE_OK or raw.SQLITE_ROW or raw.SQLITE_DONE) return;
        throw new SqliteFailure(code, raw.sqlite3_errmsg(handle).utf8_to_string());
    }

    public void Dispose()
    {
        foreach (var statement in statements.Values) statement.Dispose();
        handle.Dispose();
    }

    // When two processes that start at once both switch, SQLite takes it for a deadlock and does not wait. Taking the write lock does wait, and after that
    // the other one has switched.
    private void SwitchToWriteAheadLog()
    {
        for (var left = MostSwitches; ; left--)
        {
            try
            {
                Execute("pragma journal_mode = wal");
                return;
            }
            catch (SqliteFailure failure) when (failure.Code == raw.SQLITE_BUSY && left > 0)
            {
                BeginWriting();
                Execute("commit");
            }
        }
    }

    private bool TryBegin(bool isLastTry)
    {
        try
        {
            Sql("begin immediate").Run();
            return true;
        }
        catch (SqliteFailure failure) when (failure.Code == raw.SQLITE_BUSY && !isLastTry)
        {
            return false;
        }
    }

    private void WaitForLocks(TimeSpan limit) => Check(raw.sqlite3_busy_timeout(handle, (int)limit.TotalMilliseconds));

    private static Database Open(string path, TimeSpan lockWait)
    {
        Engine.Load();
        var code = raw.sqlite3_open_v2(path, out var handle, raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_NOMUTEX, null);
        var database = new Database(handle, lockWait);
        try
        {
            database.Check(code);
            database.WaitForLocks(lockWait);
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }
}
