using System.Globalization;
using Exeunt.Protocol.Ids;
using Exeunt.Sqlite.Files;
using Exeunt.Sqlite.Rows;
using Exeunt.Storage.Moving;

namespace Exeunt.Sqlite.Moving;

/// <summary>
/// A whole ledger, read out of its file to be put into another database. From opening to closing nobody else can write to it: what is read is one state, and
/// <see cref="MarkMoved"/> seals it in the same transaction, so that nothing can be recorded that the copy does not have.
/// </summary>
/// <exception cref="Storage.LedgerUnavailableException">Any member, when the file cannot be read.</exception>
public sealed class SqliteSource : IDisposable
{
    private const int PageSize = 1000;
    private static readonly TimeSpan LockWait = TimeSpan.FromSeconds(5);

    private readonly string path;
    private readonly Database db;

    private SqliteSource(string path, Database db) => (this.path, this.db) = (path, db);

    /// <summary>What it is besides its rows.</summary>
    public LedgerState State => Ask(() => Whole.State(db));

    /// <summary>How many rows it has.</summary>
    public LedgerCounts Counts => Ask(() => Whole.Counts(db));

    /// <summary>Takes the file; its tables must be up to date.</summary>
    public static SqliteSource Open(string path)
    {
        var source = new SqliteSource(path, Translated(path, () => Database.OpenWriter(path, LockWait)));
        return Translated(path, () =>
        {
            try
            {
                source.db.BeginWriting();
                return source;
            }
            catch
            {
                source.Dispose();
                throw;
            }
        });
    }

    /// <summary>Where the ledger of this file was moved to; null when it was not.</summary>
    public static string? MovedTo(string path) => Translated(path, () =>
    {
        using var reader = Database.OpenReader(path, LockWait);
        var isOurs = reader.Sql("select count(*) from sqlite_master where name = 'settings'").Number() > 0;
        return isOurs ? SettingRows.Text(reader, SettingRows.MovedTo) : null;
    });

    /// <summary>All rows, a thousand at a time.</summary>
    public IEnumerable<LedgerPiece> Pieces()
    {
        for (UserId? after = null; Ask(() => UserRows.Page(db, after, PageSize)) is { Count: > 0 } page; after = page[^1].Id) yield return new LedgerPiece.Users(page);

        for (SessionId? after = null; Ask(() => SessionSets.Page(db, after, PageSize)) is { Count: > 0 } page; after = page[^1].Id) yield return new LedgerPiece.Sessions(page);

        var epoch = State.Epoch;
        for (var after = 0L; Ask(() => RevocationRows.After(db, after, PageSize, epoch)) is { Count: > 0 } page; after = page[^1].Sequence)
            yield return new LedgerPiece.Revocations(page, Ask(() => RevocationRows.UnsweptWithin(db, page[0].Sequence, page[^1].Sequence)));

        foreach (var chain in State.Chains)
        {
            for (var after = 0L; Ask(() => AuditRows.OfChain(db, chain.Chain, after, PageSize)) is { Count: > 0 } page; after = page[^1].Number)
                yield return new LedgerPiece.Entries(page);
        }

        if (Ask(() => ClientRows.All(db)) is { Count: > 0 } clients) yield return new LedgerPiece.Clients(clients);

        for (var after = 0L; Ask(() => AuditUpkeep.CheckpointsAfter(db, after, PageSize)) is { Count: > 0 } page; after = page[^1].Number)
            yield return new LedgerPiece.Checkpoints(page);
    }

    /// <summary>Closes the ledger for good: from now on it opens for nobody, and says where it is.</summary>
    /// <param name="where">The other database, in words that may be shown.</param>
    /// <param name="at">Ledger time.</param>
    public void MarkMoved(string where, DateTimeOffset at) => Ask(() =>
    {
        SettingRows.Put(db, SettingRows.MovedTo, string.Create(CultureInfo.InvariantCulture, $"{where} at {at:u}"));
        return db.Sql("commit").Run();
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            db.RollBack();
        }
        catch (SqliteFailure)
        {
            // Closing it does the same.
        }

        db.Dispose();
    }

    private T Ask<T>(Func<T> ask) => Translated(path, ask);

    private static T Translated<T>(string path, Func<T> ask)
    {
        try
        {
            return ask();
        }
        catch (SqliteFailure failure)
        {
            throw failure.Translate(path);
        }
    }
}
