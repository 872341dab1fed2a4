using Exeunt.Sqlite;
using Exeunt.Sqlite.Moving;
using Exeunt.Storage;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Moving;

/// <summary>A backup as a file: whole or not there, recognised, never served as it is.</summary>
public sealed class BackupFileTests : IAsyncLifetime
{
    private static readonly (string, byte[])[] Keys = [("server-1.key", "secret"u8.ToArray()), ("keys.json", "{}"u8.ToArray())];

    private readonly TemporaryFolder folder = new();
    private SqliteLedger ledger = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string Database => Path.Combine(folder.Path, "exeunt.db");

    private string Backup => Path.Combine(folder.Path, "backup");

    public async ValueTask InitializeAsync()
    {
        ledger = new(Database, TimeProvider.System);
        await ledger.OpenAsync(NodeMemory.Empty, Ct);
        await ManyRows.WriteAsync(ledger, "https://us.example", 300);
    }

    public async ValueTask DisposeAsync()
    {
        await ledger.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public void It_is_for_its_owner_alone_and_nothing_is_left_beside_it()
    {
        Make();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Backup));
        Assert.Equal(["backup"], Directory.GetFiles(folder.Path, "backup*").Select(Path.GetFileName));
    }

    [Fact]
    public void What_breaks_off_leaves_no_file_that_could_be_taken_for_a_backup()
    {
        using (var writer = new BackupWriter(Backup)) writer.Copy(Database, Nobody);

        Assert.Empty(Directory.GetFiles(folder.Path, "backup*"));
    }

    [Fact]
    public void An_older_backup_is_not_overwritten()
    {
        Make();
        var before = File.ReadAllBytes(Backup);

        Assert.Throws<IOException>(() => new BackupWriter(Backup).Dispose());

        Assert.Equal(before, File.ReadAllBytes(Backup));
    }

    [Fact]
    public async Task A_copy_is_one_moment_of_a_ledger_that_is_being_written_to()
    {
        using var writer = new BackupWriter(Backup);
        var written = false;

        // The first report comes while the copy is under way.
        writer.Copy(Database, new Reported(at =>
        {
            if (written) return;
            written = at.Done < at.Total;
            Assert.True(written);
            ManyRows.WriteAsync(ledger, "https://later.example", 300).GetAwaiter().GetResult();
        }));
        writer.Add(Keys, TimeProvider.System.GetUtcNow());

        Assert.True(written);
        Assert.Equal(300, writer.Check().Counts.Sessions);
        await using var copy = new SqliteLedger(writer.Unfinished, TimeProvider.System);
        Assert.True(Assert.Single(await ledger.AuditHeadsAsync(Ct)).Number > Assert.Single(await copy.AuditHeadsAsync(Ct)).Number);
    }

    [Fact]
    public async Task P7_a_server_does_not_take_a_backup_for_its_ledger()
    {
        Make();

        await using var mistaken = new SqliteLedger(Backup, TimeProvider.System);
        Assert.Contains("exeunt restore", (await Assert.ThrowsAsync<InvalidDataException>(() => mistaken.OpenAsync(NodeMemory.Empty, Ct))).Message);
    }

    [Fact]
    public async Task P7_unpacked_it_is_a_plain_ledger_in_which_no_key_is_left()
    {
        Make();

        var keys = BackupFile.Unpack(Backup);

        Assert.Equal(Keys.Select(key => key.Item1), keys.Select(key => key.Name));
        Assert.Equal(Keys.Select(key => key.Item2), keys.Select(key => key.Content));
        Assert.Equal(-1, File.ReadAllBytes(Backup).AsSpan().IndexOf("server-1.key"u8));
        await using var plain = new SqliteLedger(Backup, TimeProvider.System);
        Assert.False((await plain.OpenAsync(NodeMemory.Empty, Ct)).Created);
    }

    [Theory]
    [InlineData(4096)] // into the second page
    [InlineData(-5000)] // near the end
    public void A_damaged_one_is_recognised(int place)
    {
        Make();
        using (var stream = File.OpenWrite(Backup))
        {
            stream.Seek(place, place < 0 ? SeekOrigin.End : SeekOrigin.Begin);
            stream.Write(Enumerable.Repeat((byte)0xA5, 2048).ToArray());
        }

        Assert.Throws<InvalidDataException>(() => BackupFile.Check(Backup));
    }

    [Fact]
    public void A_file_that_was_cut_short_is_recognised()
    {
        Make();
        using (var stream = File.OpenWrite(Backup)) stream.SetLength(stream.Length / 2);

        Assert.Throws<InvalidDataException>(() => BackupFile.Check(Backup));
    }

    [Fact]
    public void Anything_else_is_no_backup()
    {
        File.WriteAllText(Backup, "hello");

        Assert.Contains("not a backup", Assert.Throws<InvalidDataException>(() => BackupFile.Check(Backup)).Message);
        Assert.Contains("not a backup", Assert.Throws<InvalidDataException>(() => BackupFile.Check(Database)).Message);
    }

    private static IProgress<(double Done, double Total)> Nobody { get; } = new Reported(_ => { });

    private void Make()
    {
        using var writer = new BackupWriter(Backup);
        writer.Copy(Database, Nobody);
        writer.Add(Keys, TimeProvider.System.GetUtcNow());
        writer.Check();
        writer.Publish();
    }

    private sealed class Reported(Action<(double Done, double Total)> report) : IProgress<(double Done, double Total)>
    {
        public void Report((double Done, double Total) value) => report(value);
    }
}
