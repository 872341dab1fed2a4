using Exeunt.Sqlite.Files;
using SQLitePCL;

namespace Exeunt.EndToEnd.Support;

/// <summary>A database file that this process keeps from being written by any other, until it is disposed.</summary>
internal sealed class LockedDatabase : IDisposable
{
    private readonly sqlite3 handle;

    private LockedDatabase(sqlite3 handle) => this.handle = handle;

    public static LockedDatabase Hold(string path)
    {
        _ = Engine.Description; // chosen before the first call: two copies of SQLite in one process would be given each other's handles
        Assert.Equal(raw.SQLITE_OK, raw.sqlite3_open(path, out var handle));
        Assert.Equal(raw.SQLITE_OK, raw.sqlite3_exec(handle, "begin immediate"));
        return new(handle);
    }

    public void Dispose() => handle.Dispose();
}
