using Exeunt.Sqlite;
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

    protected override Task DropAsync()
    {
        Directory.Delete(folder, recursive: true);
        return Task.CompletedTask;
    }
}
