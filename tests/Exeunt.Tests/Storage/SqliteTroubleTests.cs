using System.Runtime.Versioning;
using Exeunt.Audit;
using Exeunt.Protocol.Revocations;
using Exeunt.Sqlite;
using Exeunt.Sqlite.Files;
using Exeunt.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using SQLitePCL;

namespace Exeunt.Tests.Storage;

/// <summary>The troubles that a database file can have: each is told in words for the operator, and nothing that was recorded is lost.</summary>
[UnsupportedOSPlatform("windows")] // file modes
public sealed class SqliteTroubleTests : SqliteFixture
{
    [Fact]
    public async Task A_full_disk_is_reported_and_nothing_is_lost()
    {
        var user = await RecordAsync();
        await OnConnectionAsync(db => db.Execute($"pragma max_page_count = {db.Sql("pragma page_count").Number()}"));

        var failure = await FillAsync();

        Assert.Contains("full", failure.Message, StringComparison.Ordinal);
        var kept = (await Store.AuditAsync(new(Limit: 1000), Ct)).Items.Count;
        await OnConnectionAsync(db => db.Execute("pragma max_page_count = 1000000"));
        await RecordAsync();
        Assert.Equal(kept + 1, (await Store.AuditAsync(new(Limit: 1000), Ct)).Items.Count);
        Assert.NotNull(await Store.FindUserAsync(user.Id, Ct));

        async Task<LedgerUnavailableException> FillAsync()
        {
            while (true)
            {
                var full = await Record.ExceptionAsync(() => RecordAsync(claimed: new string('x', 4000)));
                if (full is not null) return Assert.IsType<LedgerUnavailableException>(full);
            }
        }
    }

    [Fact]
    public async Task P2_a_connection_from_the_time_when_the_file_was_read_only_costs_no_logout_afterwards()
    {
        var user = await RecordAsync();
        await OnConnectionAsync(db => db.Execute("pragma query_only = on")); // such a connection stays so for its life

        await RecordAsync();

        Assert.NotNull(await Store.FindUserAsync(user.Id, Ct));
        Assert.Equal(3, (await Store.AuditAsync(new(), Ct)).Items.Count);
    }

    [Fact]
    public async Task A_file_that_this_user_may_only_read_is_reported()
    {
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "The privileged user may write everywhere.");
        await Store.DisposeAsync();
        System.IO.File.SetUnixFileMode(File, UnixFileMode.UserRead);

        await Assert.ThrowsAsync<LedgerUnavailableException>(ReopenAsync);

        System.IO.File.SetUnixFileMode(File, OwnerOnly);
        await ReopenAsync();
    }

    [Fact]
    public async Task A_lock_that_is_held_too_long_is_reported_and_waited_for_no_longer()
    {
        using var other = Database.OpenWriter(File, TimeSpan.FromSeconds(1));
        other.Execute("begin immediate");

        var failure = await Assert.ThrowsAsync<LedgerUnavailableException>(() => RecordAsync());

        Assert.Contains("locked", failure.Message, StringComparison.Ordinal);
        Assert.Single((await Store.AuditAsync(new(), Ct)).Items); // reading goes on
        other.Execute("rollback");
        await RecordAsync();
    }

    [Fact]
    public async Task P3_what_another_process_ends_is_heard_after_a_lock_was_waited_for_in_vain()
    {
        using (var other = Database.OpenWriter(File, TimeSpan.FromSeconds(1)))
        {
            other.Execute("begin immediate");
            await Assert.ThrowsAsync<LedgerUnavailableException>(() => RecordAsync());
            other.Execute("rollback");
        }

        await using var second = Connect(File);
        await second.OpenAsync(NodeMemory.Empty, Ct);
        await second.CommitAsync(transaction =>
        {
            transaction.Append(PostgresFixture.Point("jti", transaction.Now));
            return ValueTask.CompletedTask;
        });

        await Store.WaitForNewsAsync(Ct).AsTask().WaitAsync(TimeSpan.FromSeconds(30), Ct);
        Assert.Single(await Store.RevocationsAfterAsync(0, 10, Ct));
    }

    [Fact]
    public async Task P2_a_lock_is_waited_for_once_by_all_who_wait_and_not_by_each_after_the_other()
    {
        await using var patient = Connect(File, TimeSpan.FromMilliseconds(500));
        await patient.OpenAsync(NodeMemory.Empty, Ct);
        using var other = Database.OpenWriter(File, TimeSpan.FromSeconds(1));
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var allWait = new ManualResetEventSlim();
        await using var ledger = new Ledger(patient, _ => LockWhenAllWait(), NullLogger<Ledger>.Instance);
        var first = ledger.RunAsync(transaction =>
        {
            begun.TrySetResult();
            return new ValueTask<Revocation>(transaction.Append(PostgresFixture.Point("jti", transaction.Now)));
        });
        await begun.Task;
        var all = Enumerable.Range(0, 50).Select(_ => ledger.RunAsync(_ => new ValueTask<bool>(true))).ToList();
        allWait.Set();
        await first;
        var failures = await Task.WhenAll(all.Select(one => Assert.ThrowsAsync<LedgerUnavailableException>(() => one)));

        Assert.Single(failures.Distinct()); // whoever shared a wait shares its failure
        other.Execute("rollback");
        Assert.True(await ledger.RunAsync(_ => new ValueTask<bool>(true)));

        // Between the first commit and the next one.
        void LockWhenAllWait()
        {
            allWait.Wait(Ct);
            other.Execute("begin immediate");
        }
    }

    [Fact]
    public async Task After_a_fault_of_the_disk_the_file_is_opened_anew()
    {
        await Assert.ThrowsAsync<LedgerUnavailableException>(() => Store.CommitAsync(transaction =>
        {
            transaction.Append(Entry(null));
            throw new SqliteFailure(raw.SQLITE_IOERR, "disk I/O error");
        }).AsTask());

        await RecordAsync();

        Assert.Equal(2, (await Store.AuditAsync(new(), Ct)).Items.Count);
    }

    [Fact]
    public async Task A_database_of_a_newer_version_is_refused()
    {
        await OnConnectionAsync(db => db.Execute("insert into migrations (number, name, applied_at) values (9999, '9999_future', 0)"));
        await Store.DisposeAsync();

        var refusal = await Assert.ThrowsAsync<InvalidDataException>(ReopenAsync);

        Assert.Contains("newer version", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_of_another_program_is_refused_and_left_alone()
    {
        var path = Path.Combine(Root, "theirs.db");
        await System.IO.File.Create(path).DisposeAsync();
        using (var theirs = Database.OpenWriter(path, TimeSpan.FromSeconds(1))) theirs.Execute("create table migrations (number integer)");

        await using var mistaken = Connect(path);
        await Assert.ThrowsAsync<InvalidDataException>(() => mistaken.OpenAsync(NodeMemory.Empty, Ct));

        using var again = Database.OpenReader(path, TimeSpan.FromSeconds(1));
        Assert.Equal(1, again.Sql("select count(*) from sqlite_master").Number());
    }

    [Fact]
    public async Task Something_that_is_no_database_is_reported()
    {
        var path = Path.Combine(Root, "letter.db");
        await System.IO.File.WriteAllTextAsync(path, new string('a', 10_000), Ct);
        await using var mistaken = Connect(path);

        var failure = await Assert.ThrowsAsync<LedgerUnavailableException>(() => mistaken.OpenAsync(NodeMemory.Empty, Ct));

        Assert.Contains("damaged", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Waiting_for_news_does_not_wait_for_a_commit_under_way()
    {
        await using var ledger = new SqliteLedger(File, TimeProvider.System); // whoever waits for news needs a clock that goes
        await ledger.OpenAsync(NodeMemory.Empty, Ct);
        var (begun, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        var commit = ledger.CommitAsync(async _ =>
        {
            begun.SetResult();
            await go.Task;
        });
        await begun.Task;

        await ledger.WaitForNewsAsync(Ct).AsTask().WaitAsync(TimeSpan.FromSeconds(30), Ct);

        Assert.False(commit.IsCompleted);
        go.SetResult();
        await commit;
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_reported()
    {
        await using var mistaken = Connect(Path.Combine(File, "below-a-file", "exeunt.db"));

        await Assert.ThrowsAsync<LedgerUnavailableException>(() => mistaken.OpenAsync(NodeMemory.Empty, Ct));
    }
}
