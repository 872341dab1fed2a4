using Exeunt.Protocol.Revocations;
using Exeunt.Sqlite.Files;
using Exeunt.Storage;

namespace Exeunt.Sqlite;

/// <summary>The ledger in one SQLite file: a write-ahead log synced at every commit, one connection that writes, a few that read.</summary>
public sealed partial class SqliteLedger : ILedgerStore
{
    private static readonly TimeSpan NewsPoll = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan NewsLimit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan DefaultLockWait = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim writing = new(1, 1);
    private readonly string path;
    private readonly Writer writer;
    private readonly Readers readers;
    private readonly NewsWatch watch;
    private bool isDisposed;

    /// <summary>Names the file; <see cref="OpenAsync"/> opens it.</summary>
    /// <param name="path">The database file. It and its folder are created when they are missing, for this user alone.</param>
    /// <param name="clock">Where ledger time starts from.</param>
    /// <param name="lockWait">How long to wait for another process that is writing; 5 seconds when null.</param>
    public SqliteLedger(string path, TimeProvider clock, TimeSpan? lockWait = null)
    {
        this.path = Path.GetFullPath(path);
        Clock = new LedgerClock(clock);
        writer = new(this.path, Clock, lockWait ?? DefaultLockWait);
        readers = new(this.path, Clock, lockWait ?? DefaultLockWait);
        watch = new(this.path, lockWait ?? DefaultLockWait, writer);
    }

    /// <summary>The SQLite that runs: version, and whether it is the system's or the bundled one.</summary>
    public static string EngineDescription => Engine.Description;

    /// <inheritdoc/>
    public string Epoch => writer.Epoch;

    /// <inheritdoc/>
    public LedgerClock Clock { get; }

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">The file belongs to a newer version of the product, or to another program.</exception>
    public Task<LedgerOpening> OpenAsync(NodeMemory remembered, CancellationToken ct) => OpenFileAsync(remembered, putBack: false, ct);

    /// <summary>
    /// The same for a state that an operator has chosen although there may have been newer ones: a copy that is put back, or a ledger that was moved away and
    /// is to serve again. A new epoch begins, so that everybody who follows the log notices, and what this node still knows is written back. A ledger that was moved
    /// away opens for nobody else until <see cref="UnsealAsync"/>, so that what has to happen to it first can be begun again when it is broken off.
    /// </summary>
    public Task<LedgerOpening> PutBackAsync(NodeMemory remembered, CancellationToken ct) => OpenFileAsync(remembered, putBack: true, ct);

    /// <summary>The last step of putting a ledger back: from now on it opens for everybody.</summary>
    public Task UnsealAsync(CancellationToken ct) => AsWriterAsync(
        () =>
        {
            writer.Unseal();
            return new ValueTask<bool>(true);
        },
        ct).AsTask();

    /// <inheritdoc/>
    public Task<int> TakeBackAsync(NodeMemory remembered, CancellationToken ct) => AsWriterAsync(() => new ValueTask<int>(writer.TakeBack(remembered)), ct).AsTask();

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Revocation>> CommitAsync(Func<ILedgerTransaction, ValueTask> work) =>
        AsWriterAsync(() => writer.CommitAsync(work), CancellationToken.None); // a batch belongs to many callers; none of them can cancel it

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Revocation>> CommitAsync(IReadOnlyList<Func<ILedgerTransaction, ValueTask>> operations) => CommitAsync(async transaction =>
    {
        foreach (var operation in operations) await operation(transaction);
    });

    /// <inheritdoc/>
    public ValueTask<IAsyncDisposable?> TryTakeJobAsync(string name, CancellationToken ct) => new(OwnJob.Instance);

    /// <inheritdoc/>
    public async ValueTask WaitForNewsAsync(CancellationToken ct)
    {
        for (var waited = TimeSpan.Zero; waited < NewsLimit; waited += NewsPoll)
        {
            if (watch.Look() && await AsWriterAsync(() => new ValueTask<bool>(writer.HasNews()), ct)) return;
            await Task.Delay(NewsPoll, Clock, ct);
            await Task.Yield(); // looking reads a file: not on the thread on which the clock's timers run
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref isDisposed, true)) return; // a start that fails may close it twice
        await writing.WaitAsync();
        watch.Dispose();
        readers.Dispose();
        writer.Dispose();
        writing.Dispose();
    }

    private Task<LedgerOpening> OpenFileAsync(NodeMemory remembered, bool putBack, CancellationToken ct) => AsWriterAsync(
        () =>
        {
            LedgerFile.Prepare(path);
            return new ValueTask<LedgerOpening>(writer.Open(remembered, putBack));
        },
        ct).AsTask();

    private async ValueTask<T> AsWriterAsync<T>(Func<ValueTask<T>> work, CancellationToken ct)
    {
        await writing.WaitAsync(ct);
        try
        {
            return await work();
        }
        catch (SqliteFailure failure)
        {
            throw failure.Translate(path);
        }
        finally
        {
            writing.Release();
        }
    }

    /// <summary>A file has one server: nobody else could have taken the job.</summary>
    private sealed class OwnJob : IAsyncDisposable
    {
        public static readonly OwnJob Instance = new();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
