using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Sqlite.Files;
using Exeunt.Sqlite.Rows;
using Exeunt.Storage;

namespace Exeunt.Sqlite;

/// <summary>
/// The one connection of this process that writes, and what it knows by heart. Another process may write to the same file between two transactions; SQLite's
/// <c>data_version</c> tells, and then everything is read again. Used by one caller at a time.
/// </summary>
internal sealed class Writer(string path, LedgerClock clock, TimeSpan lockWait) : IDisposable
{
    private readonly WriterCutOffs cutOffs = new();
    private Database? open;
    private volatile WriterState? state;
    private volatile bool hasMetOthers;
    private bool isPuttingBack;
    private long? loadedAt;
    private long? toldAt;

    /// <summary>The ledger's present life; empty before it was opened.</summary>
    public string Epoch => state?.Epoch ?? "";

    /// <summary>Creates the tables or brings them up to date, and finds out whether the ledger is behind what the node remembers.</summary>
    /// <param name="remembered">What the node remembers.</param>
    /// <param name="putBack">
    /// Whether an operator makes this older state the ledger again: then a new life begins in any case. A ledger that was moved away opens for nobody else until
    /// <see cref="Unseal"/>.
    /// </param>
    public LedgerOpening Open(NodeMemory remembered, bool putBack = false)
    {
        var db = Connect();
        isPuttingBack = putBack;
        try
        {
            db.BeginWriting();
            var created = Migrations.Apply(db, path, Now());
            if (created) WriterState.Create(db, Now());
            var loaded = Load(db);

            var takenBack = 0;
            var behind = putBack || RolledBack.IsBehind(db, remembered);
            if (behind) takenBack = RolledBack.TakeBack(db, loaded, remembered, Now(), fresh => new(db, fresh, cutOffs, Now()));
            db.Sql("commit").Run();

            // Read from what is on disk now; the tables may be the work of the lines above.
            LoadAnew(db);
            return new(created, behind, takenBack);
        }
        catch (Exception failure)
        {
            Abandon(db, failure);
            throw;
        }
    }

    /// <summary>Begins a new life of a ledger that has lost what the node remembers, and says how many revocations were written back.</summary>
    public int TakeBack(NodeMemory remembered)
    {
        var db = Begin();
        try
        {
            var takenBack = RolledBack.TakeBack(db, Load(db), remembered, Now(), fresh => new(db, fresh, cutOffs, Now()));
            db.Sql("commit").Run();
            LoadAnew(db);
            return takenBack;
        }
        catch (Exception failure)
        {
            Abandon(db, failure);
            throw;
        }
    }

    /// <summary>Lets a ledger that was moved away, and that this writer has put back, open for everybody.</summary>
    public void Unseal()
    {
        var db = Begin();
        try
        {
            SettingRows.Remove(db, SettingRows.MovedTo);
            db.Sql("commit").Run();
            isPuttingBack = false;
        }
        catch (Exception failure)
        {
            Abandon(db, failure);
            throw;
        }
    }

    /// <summary>Runs the work in one transaction with one sync to disk, or leaves no trace of it.</summary>
    public async ValueTask<IReadOnlyList<Revocation>> CommitAsync(Func<ILedgerTransaction, ValueTask> work)
    {
        var db = Begin();
        try
        {
            var transaction = new SqliteTransaction(db, Current(db), cutOffs, Now());
            await work(transaction);
            db.Sql("commit").Run();
            state = transaction.State;
            cutOffs.Keep();
            return transaction.Appended;
        }
        catch (Exception failure)
        {
            Abandon(db, failure);
            throw;
        }
    }

    /// <summary>Whether a commit of ours has come upon what another process wrote, and nobody has been told.</summary>
    public bool HasMetOthers => hasMetOthers;

    /// <summary>Whether it is worth asking for news, judged without the connection, so at any time: the log is not where this process left it.</summary>
    /// <param name="epoch">That of the ledger, as a reader sees it.</param>
    /// <param name="sequence">The newest place in its revocation log.</param>
    public bool MayHaveNews(string epoch, long sequence) =>
        hasMetOthers || state is not { } known || known.Epoch != epoch || known.Sequence != sequence;

    /// <summary>Whether another process has written since this was asked last.</summary>
    public bool HasNews()
    {
        var db = Connect();
        try
        {
            hasMetOthers = false;
            var version = DataVersion(db);
            if (version == toldAt) return false;
            InSnapshot(db, () => Current(db));
            hasMetOthers = false; // what was just read is being told
            toldAt = version;
            return true;
        }
        catch (Exception failure)
        {
            hasMetOthers = true; // perhaps, and nobody has been told
            Abandon(db, failure);
            throw;
        }
    }

    public void Dispose() => open?.Dispose();

    private static void InSnapshot(Database db, Action read)
    {
        db.Sql("begin").Run();
        read();
        db.Sql("commit").Run();
    }

    private static long DataVersion(Database db) => db.Sql("pragma data_version").Number() ?? 0;

    private Database Connect() => open ??= Database.OpenWriter(path, lockWait);

    // A connection from the time when the file could not be written may have been read with meanwhile. It is not to cost a logout when the file can be again.
    private Database Begin()
    {
        for (var isFirst = true; ; isFirst = false)
        {
            var db = Connect();
            try
            {
                db.BeginWriting();
                return db;
            }
            catch (Exception failure)
            {
                Abandon(db, failure);
                if (!isFirst || failure is not SqliteFailure { NeedsNewConnection: true }) throw;
            }
        }
    }

    private DateTimeOffset Now() => DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds());

    // Asked inside a transaction, so that nobody writes between the look at the version and the reading.
    private WriterState Current(Database db)
    {
        var version = DataVersion(db);
        if (state is null || version != loadedAt)
        {
            Load(db);
            loadedAt = version;
            hasMetOthers = true;
        }

        return state!;
    }

    // The version is that of what is read: a commit of another process behind the reading would else pass for one that was read, and its places be given twice.
    private void LoadAnew(Database db)
    {
        loadedAt = null; // until all of it has been read
        InSnapshot(db, () =>
        {
            var version = DataVersion(db);
            Load(db);
            toldAt = loadedAt = version;
        });
    }

    private WriterState Load(Database db)
    {
        state = WriterState.Load(db, isPuttingBack);
        cutOffs.Replace(RevocationRows.Unswept(db, int.MaxValue, state.Epoch));
        if (SettingRows.NewestInstant(db) is { } newest) clock.NotBefore(DateTimeOffset.FromUnixTimeMilliseconds(newest));
        if (SessionSets.NewestOfAll(db) is { } session) clock.NotBefore(Uuid7.TimeOf(session.Value));
        return state;
    }

    private void Abandon(Database db, Exception failure)
    {
        cutOffs.Undo();
        try
        {
            db.RollBack();
            if (failure is not SqliteFailure { NeedsNewConnection: true }) return;
        }
        catch (SqliteFailure)
        {
            // The connection cannot even roll back. Closing it does, and the first failure is the one to report.
        }

        db.Dispose();
        open = null;
        state = null;
        loadedAt = toldAt = null;
    }
}
