using System.Runtime.Versioning;
using System.Text;
using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Protocol.Ids;
using Exeunt.Sqlite;
using Exeunt.Sqlite.Files;
using Exeunt.Storage;
using SQLitePCL;

namespace Exeunt.Tests.Storage;

/// <summary>What only the SQLite adapter promises: about its file, its settings, and the troubles that a file can have.</summary>
[UnsupportedOSPlatform("windows")] // file modes
public sealed class SqliteFileTests : IAsyncLifetime
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string root = Directory.CreateTempSubdirectory("exeunt-sqlite-").FullName;
    private readonly TestClock time = new(new(2026, 3, 14, 9, 26, 53, TimeSpan.Zero));
    private SqliteLedger store = null!;

    private string Folder => Path.Combine(root, "data");

    private string File => Path.Combine(Folder, "exeunt.db");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        store = Connect(File);
        await store.OpenAsync(NodeMemory.Empty, Ct);
    }

    public async ValueTask DisposeAsync()
    {
        await store.DisposeAsync();
        Directory.Delete(root, recursive: true);
    }

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
        await store.DisposeAsync();
        System.IO.File.SetUnixFileMode(File, OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead);

        await ReopenAsync();

        Assert.Equal(OwnerOnly, System.IO.File.GetUnixFileMode(File));
    }

    [Fact]
    public async Task P1_what_was_committed_survives_a_process_that_never_closed_its_file()
    {
        var user = await RecordAsync();
        var (epoch, entries) = (store.Epoch, (await store.AuditAsync(new(), Ct)).Items.Count);
        var copied = Path.Combine(root, "after-crash", "exeunt.db");
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
        await store.CommitAsync(async transaction => await transaction.ErasePersonalAsync(user.Id, 10));
        await store.DisposeAsync(); // the last one out copies the log back and deletes it

        Assert.False(System.IO.File.Exists(File + "-wal"));
        Assert.DoesNotContain("a-name-to-be-forgotten", Encoding.Latin1.GetString(await System.IO.File.ReadAllBytesAsync(File, Ct)), StringComparison.Ordinal);
        await ReopenAsync();
    }

    [Fact]
    public async Task A_full_disk_is_reported_and_nothing_is_lost()
    {
        var user = await RecordAsync();
        await OnConnectionAsync(db => db.Execute($"pragma max_page_count = {db.Sql("pragma page_count").Number()}"));

        var failure = await FillAsync();

        Assert.Contains("full", failure.Message, StringComparison.Ordinal);
        var kept = (await store.AuditAsync(new(Limit: 1000), Ct)).Items.Count;
        await OnConnectionAsync(db => db.Execute("pragma max_page_count = 1000000"));
        await RecordAsync();
        Assert.Equal(kept + 1, (await store.AuditAsync(new(Limit: 1000), Ct)).Items.Count);
        Assert.NotNull(await store.FindUserAsync(user.Id, Ct));

        async Task<LedgerUnavailableException> FillAsync()
        {
            while (true)
            {
                if (await Record.ExceptionAsync(() => RecordAsync(claimed: new string('x', 4000))) is { } full) return Assert.IsType<LedgerUnavailableException>(full);
            }
        }
    }

    [Fact]
    public async Task A_database_that_became_read_only_is_reported_and_nothing_is_lost()
    {
        var user = await RecordAsync();
        Database connection = null!;
        await OnConnectionAsync(db => connection = db);
        connection.Execute("pragma query_only = on");

        var failure = await Assert.ThrowsAsync<LedgerUnavailableException>(() => RecordAsync());

        Assert.Contains("read-only", failure.Message, StringComparison.Ordinal);
        connection.Execute("pragma query_only = off");
        await RecordAsync();
        Assert.NotNull(await store.FindUserAsync(user.Id, Ct));
    }

    [Fact]
    public async Task A_file_that_this_user_may_only_read_is_reported()
    {
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "The privileged user may write everywhere.");
        await store.DisposeAsync();
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
        Assert.Single((await store.AuditAsync(new(), Ct)).Items); // reading goes on
        other.Execute("rollback");
        await RecordAsync();
    }

    [Fact]
    public async Task After_a_fault_of_the_disk_the_file_is_opened_anew()
    {
        await Assert.ThrowsAsync<LedgerUnavailableException>(() => store.CommitAsync(transaction =>
        {
            transaction.Append(Entry(null));
            throw new SqliteFailure(raw.SQLITE_IOERR, "disk I/O error");
        }).AsTask());

        await RecordAsync();

        Assert.Equal(2, (await store.AuditAsync(new(), Ct)).Items.Count);
    }

    [Fact]
    public async Task Migrations_are_applied_once()
    {
        var before = await MigrationsAsync();
        await store.DisposeAsync();
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
    public async Task Two_processes_that_start_at_once_make_one_ledger()
    {
        var path = Path.Combine(root, "both", "exeunt.db");
        await using var first = Connect(path, TimeSpan.FromSeconds(5));
        await using var second = Connect(path, TimeSpan.FromSeconds(5));

        var openings = await Task.WhenAll(
            Task.Run(() => first.OpenAsync(NodeMemory.Empty, Ct), Ct), Task.Run(() => second.OpenAsync(NodeMemory.Empty, Ct), Ct));

        Assert.Single(openings, opening => opening.Created);
        Assert.Equal(first.Epoch, second.Epoch);
    }

    [Fact]
    public async Task A_database_of_a_newer_version_is_refused()
    {
        await OnConnectionAsync(db => db.Execute("insert into migrations (number, name, applied_at) values (9999, '9999_future', 0)"));
        await store.DisposeAsync();

        var refusal = await Assert.ThrowsAsync<InvalidDataException>(ReopenAsync);

        Assert.Contains("newer version", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_of_another_program_is_refused_and_left_alone()
    {
        var path = Path.Combine(root, "theirs.db");
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
        var path = Path.Combine(root, "letter.db");
        await System.IO.File.WriteAllTextAsync(path, new string('a', 10_000), Ct);
        await using var mistaken = Connect(path);

        var failure = await Assert.ThrowsAsync<LedgerUnavailableException>(() => mistaken.OpenAsync(NodeMemory.Empty, Ct));

        Assert.Contains("damaged", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_reported()
    {
        await using var mistaken = Connect(Path.Combine(File, "below-a-file", "exeunt.db"));

        await Assert.ThrowsAsync<LedgerUnavailableException>(() => mistaken.OpenAsync(NodeMemory.Empty, Ct));
    }

    private SqliteLedger Connect(string path, TimeSpan? lockWait = null) => new(path, time, lockWait ?? TimeSpan.FromMilliseconds(20));

    private async Task ReopenAsync()
    {
        store = Connect(File);
        await store.OpenAsync(NodeMemory.Empty, Ct);
    }

    private AuditEntry Entry(UserId? user) => new() { At = time.Millisecond, Action = AuditActions.SignedIn, By = Actor.Operator, User = user };

    private async Task<User> RecordAsync(string? claimed = null)
    {
        var id = Id.New<UserId>(time.Millisecond);
        var user = new User { Id = id, Issuer = "us", Subject = id.ToString(), CreatedAt = time.Millisecond };
        await store.CommitAsync(transaction =>
        {
            transaction.Insert(user);
            transaction.Append(Entry(id) with { By = new(ActorKind.User, id), Claimed = claimed });
            return ValueTask.CompletedTask;
        });
        return user;
    }

    private async Task OnConnectionAsync(Action<Database> act) => await store.CommitAsync(transaction =>
    {
        act(((SqliteTransaction)transaction).Database);
        return ValueTask.CompletedTask;
    });
}
