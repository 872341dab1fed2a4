using Exeunt.Keys;
using Exeunt.Sqlite;
using Exeunt.Storage;

namespace Exeunt.Server;

/// <summary>Opens what lies in a data folder, for the server and for every command; what cannot be opened is one line for the operator.</summary>
internal static class LedgerOpener
{
    /// <summary>Opens the ledger and holds it against what this node remembers.</summary>
    /// <exception cref="StartRefused">It cannot be opened.</exception>
    public static async Task<(SqliteLedger Store, OpenedLedger Opening)> OpenAsync(DataFolder folder, TimeProvider clock, CancellationToken ct)
    {
        var store = new SqliteLedger(folder.Database, clock);
        try
        {
            var remembered = NodeMemoryKeeper.Read(folder.Memory, out var damaged);
            var opening = await store.OpenAsync(remembered, ct);
            return (store, new(opening.Created, opening.RolledBack, opening.TakenBack, damaged));
        }
        catch (Exception failure) when (failure is LedgerUnavailableException or InvalidDataException or IOException or UnauthorizedAccessException)
        {
            await store.DisposeAsync();
            throw new StartRefused($"--data: the ledger in {folder.Path} cannot be opened: {failure.Message}");
        }
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
        catch (Exception failure) when (failure is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new StartRefused($"--data: the keys cannot be used: {failure.Message}");
        }
    }
}

/// <summary>What opening found.</summary>
/// <param name="Created">Whether the database was empty.</param>
/// <param name="RolledBack">Whether it was behind what this node remembered.</param>
/// <param name="TakenBack">How many endings were written back to it.</param>
/// <param name="DamagedLines">Lines of the node's memory that could not be read.</param>
internal sealed record OpenedLedger(bool Created, bool RolledBack, int TakenBack, int DamagedLines);
