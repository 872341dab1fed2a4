using System.Diagnostics;
using System.Security.Cryptography;
using Exeunt.Keys;
using Exeunt.Postgres;
using Exeunt.Sqlite;
using Exeunt.Storage;

namespace Exeunt.LoadBench.Prepared;

/// <summary>
/// A temporary folder on the disk that the benchmark was told to use, as one server has it; it goes when the measurement is over. The ledger lies in it, or
/// in a PostgreSQL database that several folders may share.
/// </summary>
internal sealed class DataFolder : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly string MasterKey = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)); // one for all databases of a run

    /// <summary>Makes the folder.</summary>
    /// <param name="parent">Where.</param>
    /// <param name="postgres">The connection string of the database that holds the ledger; null for SQLite in the folder.</param>
    public DataFolder(string parent, string? postgres = null)
    {
        Postgres = postgres;
        Path = System.IO.Path.Combine(parent, System.IO.Path.GetRandomFileName());
        Directory.CreateDirectory(Path);
    }

    public string Path { get; }

    /// <summary>The connection string of the database that holds the ledger; null for SQLite in the folder.</summary>
    public string? Postgres { get; }

    /// <summary>What a server on this folder has to be told.</summary>
    public IReadOnlyDictionary<string, string> Environment => Postgres is null
        ? new Dictionary<string, string>()
        : new Dictionary<string, string> { ["Exeunt__Ledger__Postgres"] = Postgres, ["Exeunt__Ledger__MasterKey"] = MasterKey };

    /// <summary>The name of the node that the folder belongs to.</summary>
    public string Node => System.IO.Path.GetFileName(Path);

    public string Database => System.IO.Path.Combine(Path, "exeunt.db");

    /// <summary>
    /// Bytes that the newest transactions put into the write-ahead log since its beginning. The file itself is longer, because it is written over; how far the
    /// valid part reaches stands in the index beside it (SQLite's file format, "WAL-Index Header": mxFrame at 16, page size at 14).
    /// </summary>
    public long LogFrames()
    {
        const int FrameHeader = 24;
        using var index = new FileStream(Database + "-shm", FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        Span<byte> header = stackalloc byte[48];
        index.ReadExactly(header);
        var page = BitConverter.ToUInt16(header[14..]);
        return (long)BitConverter.ToUInt32(header[16..]) * (page + FrameHeader);
    }

    /// <summary>A store over the ledger; not open.</summary>
    public ILedgerStore Connect(TimeProvider clock) => Postgres is null
        ? new SqliteLedger(Database, clock)
        : new PostgresLedger(new(Postgres, Node, FollowDatabaseClock: clock == TimeProvider.System), clock);

    /// <summary>The keys that go with it.</summary>
    public IKeyVault Keys(ILedgerStore store) => store is PostgresLedger postgres ? postgres.Vault(Convert.FromBase64String(MasterKey)) : new KeyFolder(Path);

    /// <summary>Has the machine write what its file systems hold back.</summary>
    public static async Task SyncAsync()
    {
        using var sync = Process.Start("sync");
        await sync.WaitForExitAsync().WaitAsync(Patience);
        if (sync.ExitCode != 0) throw new IOException($"sync ended with {sync.ExitCode}.");
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
