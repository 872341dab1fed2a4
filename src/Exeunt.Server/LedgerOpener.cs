using Exeunt.Hosting;
using Exeunt.Keys;
using Exeunt.Postgres;
using Exeunt.Server.Moving;
using Exeunt.Sqlite;
using Exeunt.Storage;

namespace Exeunt.Server;

/// <summary>Opens the ledger that the settings name, for the server and for every command; what cannot be opened is one line for the operator.</summary>
internal static class LedgerOpener
{
    private const int DeadlinesOfACommit = 5;
    private const string CopiesOfKeys = "keys.sealed";

    /// <summary>Opens the ledger and holds it against what this node remembers.</summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="options">Which ledger.</param>
    /// <param name="clock">Where ledger time starts from.</param>
    /// <param name="ct">Stops opening.</param>
    /// <param name="putBack">Whether the folder's ledger is taken back from where it was moved to; it opens for nobody else until it is unsealed.</param>
    /// <exception cref="StartRefused">It cannot be opened.</exception>
    public static async Task<OpenedLedger> OpenAsync(DataFolder folder, LedgerOptions options, TimeProvider clock, CancellationToken ct, bool putBack = false)
    {
        RefuseUnfinishedRestore(folder, options);
        var (store, vault) = Make(folder, options, clock);
        try
        {
            var remembered = NodeMemoryKeeper.Read(folder.Memory, out var damaged);
            var opening = putBack ? await ((SqliteLedger)store).PutBackAsync(remembered, ct) : await store.OpenAsync(remembered, ct);
            return new(store, vault, opening.Created, opening.RolledBack, opening.TakenBack, damaged);
        }
        catch (Exception failure) when (failure is LedgerUnavailableException or InvalidDataException or IOException or UnauthorizedAccessException)
        {
            await store.DisposeAsync();
            throw Refused(folder, options, failure);
        }
    }

    /// <summary>A folder in which some files are of before a restore and some of after it serves nobody.</summary>
    /// <exception cref="StartRefused">It is such a folder.</exception>
    public static void RefuseUnfinishedRestore(DataFolder folder, LedgerOptions options)
    {
        if (options.Postgres is null && new FolderSwap(folder.Path) is { IsUnderWay: true })
            throw new StartRefused($"--data: a restore into {folder.Path} was broken off while files changed places; finish it with: exeunt restore --data {folder.Path}");
    }

    /// <summary>What the operator is told of a ledger that cannot be opened.</summary>
    public static StartRefused Refused(DataFolder folder, LedgerOptions options, Exception failure) => new(options.Postgres is null
        ? $"--data: the ledger in {folder.Path} cannot be opened: {failure.Message}"
        : $"{ExeuntOptions.Section}:Ledger:Postgres: the ledger cannot be opened: {failure.Message}");

    /// <summary>The ledger that the settings name, not open yet, and how to open what holds its keys.</summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="options">Which ledger.</param>
    /// <param name="clock">Where ledger time starts from.</param>
    /// <param name="journal">Of a server that goes on while the ledger is away: it keeps a copy of shared keys, and gives a commit up soon after endings have gone
    /// to the journal, or trying again would wait for it. Null for a command.</param>
    /// <exception cref="StartRefused">The connection is not written as one.</exception>
    public static (ILedgerStore Store, Func<IKeyVault> Vault) Make(DataFolder folder, LedgerOptions options, TimeProvider clock, JournalOptions? journal = null)
    {
        if (options.Postgres is null) return (new SqliteLedger(folder.Database, clock), () => new KeyFolder(folder.Path));
        return MakeShared(folder, options, clock, journal);
    }

    /// <summary>Opens the journal.</summary>
    /// <exception cref="StartRefused">It cannot be read: endings that were acknowledged could not be enforced.</exception>
    public static void OpenJournal(Action open)
    {
        try
        {
            open();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new StartRefused($"--data: the journal cannot be read, and what it holds must be enforced: {failure.Message}");
        }
    }

    /// <summary>Opens the keys.</summary>
    /// <exception cref="StartRefused">They cannot be read.</exception>
    public static KeyRing OpenKeys(Func<KeyRing> open)
    {
        try
        {
            return open();
        }
        catch (Exception failure) when (failure is InvalidDataException or IOException or UnauthorizedAccessException or LedgerUnavailableException)
        {
            throw new StartRefused($"--data: the keys cannot be used: {failure.Message}");
        }
    }

    // By itself, so that a server on SQLite does not load the other adapter.
    private static (ILedgerStore Store, Func<IKeyVault> Vault) MakeShared(DataFolder folder, LedgerOptions options, TimeProvider clock, JournalOptions? journal)
    {
        try
        {
            // A clock that was put in the system's place is the ledger's own; otherwise nodes agree on the database's.
            var node = options.Node ?? folder.NodeName();
            var store = new PostgresLedger(new(options.Postgres!, node, journal?.Deadline * DeadlinesOfACommit, FollowDatabaseClock: ReferenceEquals(clock, TimeProvider.System)), clock);
            return (store, () => store.Vault(Convert.FromBase64String(options.MasterKey!), journal is null ? null : new KeyFolder(folder.Path, CopiesOfKeys)));
        }
        catch (ArgumentException mistake)
        {
            throw new StartRefused($"{ExeuntOptions.Section}:Ledger:Postgres: {mistake.Message.Split(" (Parameter", 2)[0]}");
        }
    }
}

/// <summary>What opening found.</summary>
/// <param name="Store">The ledger.</param>
/// <param name="Vault">Opens what holds its keys.</param>
/// <param name="Created">Whether the database was empty.</param>
/// <param name="RolledBack">Whether it was behind what this node remembered.</param>
/// <param name="TakenBack">How many endings were written back to it.</param>
/// <param name="DamagedLines">Lines of the node's memory that could not be read.</param>
internal sealed record OpenedLedger(ILedgerStore Store, Func<IKeyVault> Vault, bool Created, bool RolledBack, int TakenBack, int DamagedLines);
