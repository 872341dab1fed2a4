using Exeunt.Postgres;
using Exeunt.Storage;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Storage;

/// <summary>The ledger on PostgreSQL keeps the contract, on a real server.</summary>
[TakesLong(seconds: 50)]
public sealed class PostgresLedgerTests : LedgerContract
{
    private static int count;

    private readonly PostgresServer server = Task.Run(PostgresServer.SharedAsync).GetAwaiter().GetResult();
    private readonly string name = $"contract_{Interlocked.Increment(ref count)}";
    private bool exists;

    private string Copy => name + "_copy";

    // Two stores of one contract are two processes of one node, as the server and its command line are. Time is the test's.
    protected override ILedgerStore Connect(TimeProvider clock)
    {
        if (!exists) Task.Run(() => server.NewDatabaseAsync(name)).GetAwaiter().GetResult();
        exists = true;
        return new PostgresLedger(new(server.ConnectionString(name), Node: "node", FollowDatabaseClock: false), clock);
    }

    protected override Task BackUpAsync() => server.NewDatabaseAsync(Copy, template: name);

    protected override async Task RestoreAsync()
    {
        await server.DropDatabaseAsync(name);
        await server.NewDatabaseAsync(name, template: Copy);
    }

    // A copy is made of a database that nobody is connected to.
    protected override async Task BackUpWhileOpenAsync()
    {
        await server.ExecuteAsync($"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'");
        await BackUpAsync();
    }

    protected override Task RestoreWhileOpenAsync() => RestoreAsync();

    protected override async Task DropAsync()
    {
        exists = false;
        await server.DropDatabaseAsync(Copy);
        await server.DropDatabaseAsync(name);
    }
}
