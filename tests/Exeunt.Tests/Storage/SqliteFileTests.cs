using System.Runtime.Versioning;
using System.Text;
using Exeunt.Sqlite;
using Exeunt.Sqlite.Files;
using Exeunt.Storage;
using SQLitePCL;

namespace Exeunt.Tests.Storage;

/// <summary>What only the SQLite adapter promises of its file: how it is synced, who may read it, what a crash and an erasure leave.</summary>
[UnsupportedOSPlatform("windows")] // file modes
public sealed class SqliteFileTests : SqliteFixture
{
    [Fact]
    public void P1_a_commit_is_synced_to_disk_before_it_returns()
    {
        using var writer = Database.OpenWriter(File, TimeSpan.FromSeconds(1));

        Assert.Equal("wal", writer.Sql("pragma journal_mode").FirstText());
        Assert.Equal(2, writer.Sql("pragma synchronous").Number()); // FULL
        Assert.Equal(1, writer.Sql("pragma fullfsync").Number());
        Assert.Equal(1, writer.Sql("pragma foreign_keys").Number());
        Assert.Equal(1, writer.Sql("pragma secure_delete").Number());
    }

    [Fact]
    public void A_reader_cannot_write()
    {
        using var reader = Database.OpenReader(File, TimeSpan.FromSeconds(1));

        Assert.Equal(raw.SQLITE_READONLY, Assert.Throws<SqliteFailure>(() => reader.Execute("delete from users")).Code);
    }

    [Fact]
    public void The_newer_of_the_two_engines_runs()
    {
        var version = Version.Parse(SqliteLedger.EngineDescription.Split(' ')[0]);

        Assert.True(version >= new Version(3, 35, 5), SqliteLedger.EngineDescription);
        Assert.Equal(raw.sqlite3_libversion().utf8_to_string(), version.ToString());
    }

    [Fact]
    public async Task Folder_and_files_belong_to_their_owner_alone()
    {
        await RecordAsync();

        Assert.Equal(OwnerOnly | UnixFileMode.UserExecute, System.IO.File.GetUnixFileMode(Folder));
        foreach (var file in (string[])[File, File + "-wal", File + "-shm"]) Assert.Equal(OwnerOnly, System.IO.File.GetUnixFileMode(file));
    }

    [Fact]
    public async Task A_file_that_others_could_read_is_closed_to_them()
    {
        await Store.DisposeAsync();
        System.IO.File.SetUnixFileMode(File, OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead);

        await ReopenAsync();

        Assert.Equal(OwnerOnly, System.IO.File.GetUnixFileMode(File));
    }

    [Fact]
    public async Task P1_what_was_committed_survives_a_process_that_never_closed_its_file()
    {
        var user = await RecordAsync();
        var (epoch, entries) = (Store.Epoch, (await Store.AuditAsync(new(), Ct)).Items.Count);
        var copied = Path.Combine(Root, "after-crash", "exeunt.db");
        Directory.CreateDirectory(Path.GetDirectoryName(copied)!);
        foreach (var end in (string[])["", "-wal"]) System.IO.File.Copy(File + end, copied + end);

        await using var revived = Connect(copied);
        await revived.OpenAsync(NodeMemory.Empty, Ct);

        Assert.Equal(epoch, revived.Epoch);
        Assert.NotNull(await revived.FindUserAsync(user.Id, Ct));
        Assert.Equal(entries, (await revived.AuditAsync(new(), Ct)).Items.Count);
    }

    [Fact]
    public async Task P7_an_erased_value_is_gone_from_the_file()
    {
        var user = await RecordAsync(claimed: "a-name-to-be-forgotten");
        await Store.CommitAsync(async transaction => await transaction.ErasePersonalAsync(user.Id, 10));
        await Store.DisposeAsync(); // the last one out copies the log back and deletes it

        Assert.False(System.IO.File.Exists(File + "-wal"));
        Assert.DoesNotContain("a-name-to-be-forgotten", Encoding.Latin1.GetString(await System.IO.File.ReadAllBytesAsync(File, Ct)), StringComparison.Ordinal);
        await ReopenAsync();
    }

    [Fact]
    public async Task Migrations_are_applied_once()
    {
        var before = await MigrationsAsync();
        await Store.DisposeAsync();
        await ReopenAsync();

        Assert.NotEmpty(before);
        Assert.Equal(before, await MigrationsAsync());

        async Task<List<string>> MigrationsAsync()
        {
            List<string> found = [];
            await OnConnectionAsync(db => found = db.Sql("select number || name || applied_at from migrations order by number").All(row => row.Text()));
            return found;
        }
    }

    [Fact]
    public async Task P2_a_process_that_opens_the_ledger_while_another_writes_can_write_too()
    {
        var written = 0;
        await using var second = new SqliteLedger(File, new DisturbedClock(Disturb));
        await second.OpenAsync(NodeMemory.Empty, Ct);
        Assert.NotEqual(0, written);

        await second.CommitAsync(transaction =>
        {
            transaction.Append(Entry(null));
            return ValueTask.CompletedTask;
        });

        Assert.Equal(1 + written + 1, (await Store.AuditAsync(new(Limit: 1000), Ct)).Items.Count);

        // Wherever opening looks at the time, except where it holds the lock itself.
        void Disturb()
        {
            try
            {
                RecordAsync().GetAwaiter().GetResult();
                written++;
            }
            catch (LedgerUnavailableException failure) when (failure.Message.Contains("locked", StringComparison.Ordinal))
            {
            }
        }
    }

    [Fact]
    public async Task Two_processes_that_start_at_once_make_one_ledger()
    {
        for (var round = 0; round < 20; round++)
        {
            var path = Path.Combine(Root, $"both-{round}", "exeunt.db");
            await using var first = Connect(path, TimeSpan.FromSeconds(30));
            await using var second = Connect(path, TimeSpan.FromSeconds(30));

            var openings = await Task.WhenAll(
                Task.Run(() => first.OpenAsync(NodeMemory.Empty, Ct), Ct), Task.Run(() => second.OpenAsync(NodeMemory.Empty, Ct), Ct));

            Assert.Single(openings, opening => opening.Created);
            Assert.Equal(first.Epoch, second.Epoch);
        }
    }

    private sealed class DisturbedClock(Action looked) : TimeProvider
    {
        private bool isLooking; // the disturber looks at its own clock, but in the same thread

        public override long GetTimestamp()
        {
            Look();
            return System.GetTimestamp();
        }

        public override DateTimeOffset GetUtcNow()
        {
            Look();
            return System.GetUtcNow();
        }

        private void Look()
        {
            if (isLooking) return;
            isLooking = true;
            looked();
            isLooking = false;
        }
    }
}
