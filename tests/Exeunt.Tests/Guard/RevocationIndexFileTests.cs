using Exeunt.Guard;
using Exeunt.Protocol.Revocations;
using static Exeunt.Tests.Guard.Endings;

namespace Exeunt.Tests.Guard;

public class RevocationIndexFileTests
{
    private readonly RevocationIndex saved = new();

    public RevocationIndexFileTests() => saved.Apply(
    [
        Point(RevocationScope.Session, "sess_1"), Point(RevocationScope.Token, "jti"), Point(RevocationScope.Key, "stolen"),
        CutOff(RevocationScope.User, "eve", null, upToSecond: 100, except: "sess_2"), CutOff(RevocationScope.Client, "web", SessionAt(Noon)),
        CutOff(RevocationScope.Issuer, "", SessionAt(Noon)), CutOff(RevocationScope.Everyone, "", SessionAt(Noon.AddDays(-1)), issuer: ""),
    ]);

    [Fact]
    public void P10_A_restart_forgets_nothing()
    {
        var restarted = new RevocationIndex();

        Assert.Equal(IndexLoad.Loaded, restarted.Load(new MemoryStream(FileOf(saved))));

        Assert.Equal((saved.Count, saved.Bytes), (restarted.Count, restarted.Bytes));
        Assert.True(restarted.IsRevoked(Outside("sess_1", null)));
        Assert.True(restarted.IsRevoked(Outside("sess_3", 100, "eve")));
        Assert.False(restarted.IsRevoked(Outside("sess_2", 100, "eve")));
        Assert.Equal(saved.Count, restarted.RemoveExpired(Noon.AddHours(1)));
    }

    [Fact]
    public void An_index_that_was_empty_goes_on_under_the_key_of_the_file_so_that_the_next_file_is_the_same()
    {
        var restarted = new RevocationIndex();
        restarted.Load(new MemoryStream(FileOf(saved)));

        Assert.Equal(FileOf(saved), FileOf(restarted));
    }

    [Fact]
    public void Loading_twice_is_as_good_as_once()
    {
        saved.Load(new MemoryStream(FileOf(saved)));

        Assert.Equal(7, saved.Count);
    }

    [Fact]
    public void P1_Loading_late_forgets_neither_the_file_nor_what_came_before_it()
    {
        var late = new RevocationIndex();
        late.Apply(Point(RevocationScope.Session, "sess_9"));

        Assert.Equal(IndexLoad.Loaded, late.Load(new MemoryStream(FileOf(saved))));

        Assert.True(late.IsRevoked(Outside("sess_9", null)));
        Assert.True(late.IsRevoked(Outside("sess_1", null)));
        Assert.Equal(8, late.Count);
        Assert.Equal(8, late.RemoveExpired(Noon.AddHours(1)));
        Assert.Equal(new RevocationIndex().Bytes, late.Bytes); // the second layer is gone
    }

    [Fact]
    public void P10_A_flipped_bit_anywhere_is_noticed_and_nothing_of_the_file_is_used()
    {
        var file = FileOf(saved);
        for (var bit = 0; bit < file.Length * 8; bit++)
        {
            file[bit / 8] ^= (byte)(1 << (bit % 8));
            var index = new RevocationIndex();

            Assert.NotEqual(IndexLoad.Loaded, index.Load(new MemoryStream(file)));
            Assert.Equal(0, index.Count);
            file[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void P10_A_file_cut_off_or_lengthened_anywhere_is_noticed()
    {
        var file = FileOf(saved);
        for (var length = 0; length < file.Length; length++) Assert.Equal(IndexLoad.Damaged, new RevocationIndex().Load(new MemoryStream(file[..length])));

        Assert.Equal(IndexLoad.Damaged, new RevocationIndex().Load(new MemoryStream([.. file, 0])));
    }

    [Fact]
    public void Another_file_is_called_another_file() =>
        Assert.Equal(IndexLoad.OtherFormat, new RevocationIndex().Load(new MemoryStream("{\"this\": \"is JSON, of some length\"}"u8.ToArray())));

    [Fact]
    public void A_file_larger_than_any_buffer_comes_back_whole()
    {
        for (var i = 0; i < 20_000; i++)
            saved.Apply(i % 2 == 0 ? Point(RevocationScope.Session, $"s-{i}") : CutOff(RevocationScope.User, $"u-{i}", SessionAt(Noon)));
        var restarted = new RevocationIndex();

        Assert.Equal(IndexLoad.Loaded, restarted.Load(new Trickle(FileOf(saved))));
        Assert.Equal(20_007, restarted.Count);
        Assert.True(restarted.IsRevoked(Outside("s-19998", null)));
    }

    private static byte[] FileOf(RevocationIndex index)
    {
        using var file = new MemoryStream();
        index.Save(file);
        return file.ToArray();
    }

    // Gives few bytes at a time, as a stream may.
    private sealed class Trickle(byte[] file) : MemoryStream(file)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, 1009));

        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, 1009)]);
    }
}
