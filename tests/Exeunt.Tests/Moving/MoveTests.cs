using System.Text.Json;
using Exeunt.Audit;
using Exeunt.Postgres;
using Exeunt.Postgres.Moving;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Sqlite;
using Exeunt.Sqlite.Moving;
using Exeunt.Storage;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Moving;

/// <summary>A ledger that is moved from a SQLite file into a real PostgreSQL: every row, as it was.</summary>
public sealed class MoveTests : IAsyncLifetime
{
    private const string Us = "https://us.example";

    private readonly TemporaryFolder folder = new();
    private PostgresSettings database = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string File => Path.Combine(folder.Path, "exeunt.db");

    public async ValueTask InitializeAsync()
    {
        var server = await PostgresServer.SharedAsync();
        database = new(await server.NewDatabaseAsync(), "node");
        await using var old = await OldAsync();
        await ManyRows.WriteAsync(old, Us, 2500);
    }

    public ValueTask DisposeAsync()
    {
        folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Every_row_arrives_as_it_was()
    {
        string[] before;
        await using (var old = await OldAsync()) before = await EverythingAsync(old);

        await MoveAsync();

        await using var moved = await NewAsync();
        var after = await EverythingAsync(moved);
        Assert.True(before.Length > 6000);
        Assert.Equal(before.Length, after.Length);
        for (var i = 0; i < before.Length; i++) Assert.Equal(before[i], after[i]);
    }

    [Fact]
    public async Task The_new_ledger_begins_a_new_epoch_and_goes_on_at_the_next_place_of_the_log()
    {
        Revocation last;
        string epoch;
        await using (var old = await OldAsync())
        {
            epoch = old.Epoch;
            last = (await AllAsync((long after) => old.RevocationsAfterAsync(after, 1000, Ct), r => r.Sequence))[^1];
        }

        await MoveAsync();

        await using var moved = await NewAsync();
        var next = Assert.Single(await moved.CommitAsync(transaction =>
        {
            transaction.Append(last with { Event = Id.New<EventId>(transaction.Now), Key = "another" });
            return ValueTask.CompletedTask;
        }));
        Assert.NotEqual(epoch, moved.Epoch);
        Assert.Equal((moved.Epoch, last.Sequence + 1, last.Sequence), (next.Epoch, next.Sequence, next.Previous));
    }

    [Fact]
    public async Task A_node_that_remembers_the_old_ledger_does_not_take_the_new_one_for_rolled_back()
    {
        NodeMemory remembered;
        await using (var old = await OldAsync())
        {
            var log = await AllAsync((long after) => old.RevocationsAfterAsync(after, 1000, Ct), r => r.Sequence);
            remembered = new(old.Epoch, log[^1].Sequence, log);
        }

        await MoveAsync();

        await using var moved = new PostgresLedger(database, TimeProvider.System);
        Assert.False((await moved.OpenAsync(remembered, Ct)).RolledBack);
    }

    [Fact]
    public async Task P9_the_old_chain_ends_with_an_entry_that_tells_of_the_move()
    {
        string chain;
        await using (var old = await OldAsync()) chain = Assert.Single(await old.AuditHeadsAsync(Ct)).Chain;

        await MoveAsync();

        await using var moved = await NewAsync();
        var heads = await moved.AuditHeadsAsync(Ct);
        Assert.Equal([chain], heads.Take(1).Select(head => head.Chain));
        Assert.Equal(2, heads.Count); // and the node's own
        var end = Assert.Single(await moved.AuditChainAsync(chain, heads[0].Number - 1, 10, Ct));
        Assert.Equal(AuditActions.LedgerMoved, end.Entry.Action);
    }

    [Fact]
    public async Task Until_the_move_is_finished_the_new_database_opens_for_nobody_and_a_second_try_begins_from_nothing()
    {
        await using (var target = await TargetAsync())
        {
            using var source = SqliteSource.Open(File);
            await target.BeginAsync(source.State);
            foreach (var piece in source.Pieces().Take(3)) await target.PutAsync(piece); // and then the process dies
        }

        await using (var early = new PostgresLedger(database, TimeProvider.System))
            Assert.Contains("exeunt migrate", (await Assert.ThrowsAsync<InvalidDataException>(() => early.OpenAsync(NodeMemory.Empty, Ct))).Message);
        await using (var old = await OldAsync()) Assert.NotEmpty(await old.AuditHeadsAsync(Ct)); // the old one still serves

        await MoveAsync(expectBroken: true);
        await using var moved = await NewAsync();
        Assert.Equal(2500, (await moved.CountAliveAndEndedAsync()));
    }

    [Fact]
    public async Task A_database_that_holds_a_ledger_is_refused_and_left_as_it_is()
    {
        await using var there = await NewAsync();
        await ManyRows.WriteAsync(there, Us, 20);

        var refused = await Assert.ThrowsAsync<InvalidDataException>(TargetAsync);

        Assert.Contains("20 sessions", refused.Message);
        Assert.Equal(20, await there.CountAliveAndEndedAsync());
    }

    [Fact]
    public async Task While_it_is_read_nobody_writes_to_the_old_ledger_and_afterwards_nobody_can()
    {
        await using var old = await OldAsync(lockWait: TimeSpan.FromMilliseconds(50));
        using (var source = SqliteSource.Open(File))
        {
            Assert.Contains("locked", (await Assert.ThrowsAsync<LedgerUnavailableException>(() => ManyRows.WriteAsync(old, Us, 1))).Message);
            source.MarkMoved("elsewhere", TimeProvider.System.GetUtcNow());
        }

        // One that was open before is refused as well as one that opens now.
        Assert.Contains("moved to elsewhere", (await Assert.ThrowsAsync<LedgerUnavailableException>(() => ManyRows.WriteAsync(old, Us, 1))).Message);
        Assert.Contains("moved to elsewhere", (await Assert.ThrowsAsync<LedgerUnavailableException>(() => OldAsync())).Message);
        Assert.StartsWith("elsewhere at ", SqliteSource.MovedTo(File));
    }

    [Fact]
    public async Task A_ledger_that_is_taken_back_begins_a_new_epoch_and_knows_what_the_node_has_seen_elsewhere()
    {
        await MoveAsync();
        NodeMemory remembered;
        await using (var moved = await NewAsync())
        {
            await ManyRows.WriteAsync(moved, "https://later.example", 20); // five of them end
            var log = await AllAsync((long after) => moved.RevocationsAfterAsync(after, 1000, Ct), r => r.Sequence);
            remembered = new(moved.Epoch, log[^1].Sequence, log);
        }

        await using var back = new SqliteLedger(File, TimeProvider.System);
        var opening = await back.PutBackAsync(remembered, Ct);

        Assert.Equal(5, opening.TakenBack);
        Assert.NotEqual(remembered.Epoch, back.Epoch);
        Assert.Contains("it was moved to ", (await Assert.ThrowsAsync<LedgerUnavailableException>(() => OldAsync())).Message); // until all is done
        await back.UnsealAsync(Ct);
        await using var again = new SqliteLedger(File, TimeProvider.System);
        Assert.False((await again.OpenAsync(remembered, Ct)).RolledBack); // it is said once
    }

    private async Task<SqliteLedger> OldAsync(TimeSpan? lockWait = null)
    {
        var store = new SqliteLedger(File, TimeProvider.System, lockWait);
        try
        {
            await store.OpenAsync(NodeMemory.Empty, Ct);
            return store;
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }

    private async Task<PostgresLedger> NewAsync()
    {
        var store = new PostgresLedger(database, TimeProvider.System);
        await store.OpenAsync(NodeMemory.Empty, Ct);
        return store;
    }

    private Task<PostgresTarget> TargetAsync() => PostgresTarget.OpenAsync(database, new LedgerClock(TimeProvider.System), Ct);

    private async Task MoveAsync(bool expectBroken = false)
    {
        await using var target = await TargetAsync();
        Assert.Equal(expectBroken, target.WasBrokenOff);
        using var source = SqliteSource.Open(File);
        await target.BeginAsync(source.State);
        foreach (var piece in source.Pieces()) await target.PutAsync(piece);
        Assert.Equal(source.Counts, await target.CountAsync());
        source.MarkMoved(target.Where, TimeProvider.System.GetUtcNow());
        await target.FinishAsync("SQLite");
    }

    // All that can be read, row by row, without the epoch, which is new, and without what the move itself adds.
    private static async Task<string[]> EverythingAsync(ILedgerStore store)
    {
        var users = await PagesAsync(cursor => store.UsersAsync(new(Limit: 200, Cursor: cursor), Ct));
        var sessions = await PagesAsync(cursor => store.SessionsAsync(new(Limit: 200, Cursor: cursor), Ct));
        var log = await AllAsync((long after) => store.RevocationsAfterAsync(after, 1000, Ct), r => r.Sequence);
        var chain = (await store.AuditHeadsAsync(Ct))[0];
        var entries = await AllAsync((long after) => store.AuditChainAsync(chain.Chain, after, 1000, Ct), entry => entry.Number);
        var unswept = new List<string>();
        await store.CommitAsync(async transaction =>
        {
            unswept.Clear();
            unswept.AddRange((await transaction.UnsweptAsync(10_000)).Select(r => $"unswept {r.Sequence}"));
            unswept.Add($"tokens until {transaction.LatestTokenExpiry:u}");
        });
        return
        [
            .. users.Select(u => JsonSerializer.Serialize(u)), .. sessions.Select(s => JsonSerializer.Serialize(s)),
            .. log.Select(r => JsonSerializer.Serialize(r with { Epoch = "" })), .. unswept,
            .. entries.Where(e => e.Entry.Action != AuditActions.LedgerMoved).Select(e => JsonSerializer.Serialize(e)),
        ];
    }

    private static async Task<List<T>> PagesAsync<T>(Func<string?, ValueTask<Page<T>>> read)
    {
        var all = new List<T>();
        string? cursor = null;
        do
        {
            var page = await read(cursor);
            all.AddRange(page.Items);
            cursor = page.Next;
        }
        while (cursor is not null);
        return all;
    }

    private static async Task<List<T>> AllAsync<T>(Func<long, ValueTask<IReadOnlyList<T>>> read, Func<T, long> place)
    {
        var all = new List<T>();
        while (await read(all.Count == 0 ? 0 : place(all[^1])) is { Count: > 0 } page) all.AddRange(page);
        return all;
    }
}

file static class Counting
{
    public static async Task<int> CountAliveAndEndedAsync(this ILedgerStore store)
    {
        var (count, cursor) = (0, (string?)null);
        do
        {
            var page = await store.SessionsAsync(new(Limit: 200, Cursor: cursor), TestContext.Current.CancellationToken);
            count += page.Items.Count;
            cursor = page.Next;
        }
        while (cursor is not null);
        return count;
    }
}
