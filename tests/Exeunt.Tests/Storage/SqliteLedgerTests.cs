using Exeunt.Sqlite;
using Exeunt.Sqlite.Files;
using Exeunt.Storage;

namespace Exeunt.Tests.Storage;

/// <summary>The ledger on SQLite keeps the contract, on a real file.</summary>
public sealed class SqliteLedgerTests : LedgerContract
{
    private readonly string folder = Directory.CreateTempSubdirectory("exeunt-ledger-").FullName;

    private string File => Path.Combine(folder, "exeunt.db");

    private string Copy => Path.Combine(folder, "copy.db");

    protected override ILedgerStore Connect(TimeProvider clock) => new SqliteLedger(File, clock);

    protected override Task BackUpAsync()
    {
        System.IO.File.Copy(File, Copy, overwrite: true);
        return Task.CompletedTask;
    }

    protected override Task RestoreAsync()
    {
        System.IO.File.Copy(Copy, File, overwrite: true);
        return Task.CompletedTask;
    }

    protected override Task BackUpWhileOpenAsync()
    {
        System.IO.File.Create(Copy).Dispose();
        CopyWhole(File, Copy);
        return Task.CompletedTask;
    }

    // In place, as the shell's .restore does it: a file that is put in its place under a running server is not seen by that, as Unix has it.
    protected override Task RestoreWhileOpenAsync()
    {
        CopyWhole(Copy, File);
        return Task.CompletedTask;
    }

    private static void CopyWhole(string from, string to)
    {
        using var source = Database.OpenAlone(from);
        using var target = Database.OpenWriter(to, TimeSpan.FromSeconds(5));
        source.CopyTo(target, (_, _) => { });
    }

    protected override Task DropAsync()
    {
        Directory.Delete(folder, recursive: true);
        return Task.CompletedTask;
    }
}
