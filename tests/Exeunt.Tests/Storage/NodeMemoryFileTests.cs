using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Storage;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Storage;

public sealed class NodeMemoryFileTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2027, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly EventId[] Events = [.. Enumerable.Range(0, 10).Select(_ => Id.New<EventId>(Now))];
    private static readonly SessionId Newest = Id.New<SessionId>(Now);

    private readonly TemporaryFolder folder = new();

    private string FilePath => Path.Combine(folder.Path, "node.memory");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Without_a_file_nothing_is_remembered() => Assert.Same(NodeMemory.Empty, Read(out _));

    [Fact]
    public async Task What_was_written_and_appended_is_remembered()
    {
        var file = new NodeMemoryFile(FilePath);
        await file.RewriteAsync("one", Pages([Of("one", 2), Of("one", 3)]));
        file.Append([Of("one", 4), CutOff("one", 5)]);

        var memory = Read(out var damaged);
        Assert.Equal((0, "one", 5L), (damaged, memory.Epoch, memory.Sequence));
        Assert.Equal([Of("one", 2), Of("one", 3), Of("one", 4), CutOff("one", 5)], memory.Revocations);
    }

    [Fact]
    public async Task A_later_epoch_begins_counting_anew()
    {
        var file = new NodeMemoryFile(FilePath);
        await file.RewriteAsync("one", Pages([Of("one", 9)]));
        file.Append([Of("two", 7)]);
        Assert.Equal(("two", 7L), (Read(out _).Epoch, Read(out _).Sequence));
    }

    [Fact]
    public async Task A_tail_that_a_crash_cut_short_is_left_out_wherever_it_was_cut()
    {
        await new NodeMemoryFile(FilePath).RewriteAsync("one", Pages([Of("one", 1)]));
        var whole = File.ReadAllBytes(FilePath);
        new NodeMemoryFile(FilePath).Append([Of("one", 2)]);
        var longer = File.ReadAllBytes(FilePath);

        for (var length = whole.Length + 1; length < longer.Length - 1; length++)
        {
            File.WriteAllBytes(FilePath, longer[..length]);
            var memory = Read(out var damaged);
            Assert.Equal((1, 1L), (damaged, memory.Sequence));
        }
    }

    [Fact]
    public async Task Any_flipped_bit_costs_one_line_and_no_more()
    {
        await new NodeMemoryFile(FilePath).RewriteAsync("one", Pages([Of("one", 1), Of("one", 2), Of("one", 3)]));
        var whole = File.ReadAllBytes(FilePath);
        var second = Array.IndexOf(whole, (byte)'\n') + 1;
        var third = Array.IndexOf(whole, (byte)'\n', second) + 1;

        for (var i = second; i < third - 1; i++)
        {
            var flipped = whole.ToArray();
            flipped[i] ^= 1;
            File.WriteAllBytes(FilePath, flipped);
            Assert.Equal([Of("one", 2), Of("one", 3)], Read(out _).Revocations);
        }
    }

    [Fact]
    public async Task What_has_expired_is_dropped_and_the_place_stays()
    {
        var file = new NodeMemoryFile(FilePath);
        await file.RewriteAsync("one", Pages([Of("one", 1), CutOff("one", 2), Of("one", 3)]));
        await File.AppendAllTextAsync(FilePath, "damaged\n", TestContext.Current.CancellationToken);
        file.Append([Of("one", 5)]);

        await file.DropExpiredAsync(Now.AddMinutes(2));
        var memory = Read(out var damaged);
        Assert.Equal((0, "one", 5L), (damaged, memory.Epoch, memory.Sequence));
        Assert.Equal([Of("one", 3), Of("one", 5)], memory.Revocations);
        Assert.Equal(Of("one", 5), memory.Newest);

        await file.DropExpiredAsync(Now.AddMinutes(5));
        Assert.Equal(("one", 5L, 0), (Read(out _).Epoch, Read(out _).Sequence, Read(out _).Revocations.Count));
    }

    /// <summary>Otherwise each start would write the whole file anew.</summary>
    [Fact]
    public async Task How_long_it_was_when_it_was_written_anew_is_known_after_a_restart()
    {
        var file = new NodeMemoryFile(FilePath);
        await file.RewriteAsync("one", Pages([Of("one", 1), Of("one", 2), Of("one", 3)]));
        file.Append([Of("one", 4)]);
        await file.DropExpiredAsync(Now.AddMinutes(2));
        file.Append([Of("one", 5)]);

        var again = new NodeMemoryFile(FilePath);
        again.Read(out _);
        Assert.Equal((4, 3, true), (again.Lines, again.LinesWhenRewritten, again.IsWhole));
    }

    [Fact]
    public async Task A_line_that_is_longer_than_any_of_ours_is_one_that_cannot_be_read()
    {
        await new NodeMemoryFile(FilePath).RewriteAsync("one", Pages([Of("one", 1)]));
        await File.AppendAllTextAsync(FilePath, new string('x', 3 * LineReader.LongestLine) + "\n", TestContext.Current.CancellationToken);
        new NodeMemoryFile(FilePath).Append([Of("one", 2)]);

        var memory = Read(out var damaged);
        Assert.Equal(1, damaged);
        Assert.Equal([Of("one", 1), Of("one", 2)], memory.Revocations);
    }

    private static async IAsyncEnumerable<IReadOnlyList<Revocation>> Pages(params IReadOnlyList<Revocation>[] pages)
    {
        await Task.CompletedTask;
        foreach (var page in pages) yield return page;
    }

    private static Revocation Of(string epoch, long sequence) => new()
    {
        Epoch = epoch,
        Sequence = sequence,
        Previous = sequence - 1,
        Event = Events[sequence],
        Scope = RevocationScope.Session,
        Issuer = "https://exeunt.test",
        Key = "ses_\"with quotes\" and ü",
        At = Now,
        Expires = Now.AddMinutes(sequence),
        Reason = EndReason.User,
    };

    private static Revocation CutOff(string epoch, long sequence) => Of(epoch, sequence) with
    {
        Scope = RevocationScope.User,
        UpTo = Newest,
        UpToSecond = Now.ToUnixTimeSeconds(),
        Except = "ses_spared",
    };

    private NodeMemory Read(out int damaged) => new NodeMemoryFile(FilePath).Read(out damaged);
}
