using Exeunt.Protocol.Ids;

namespace Exeunt.Tests.Protocol;

public class Uuid7Tests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Whatever_is_made_in_a_millisecond_lies_between_its_first_and_its_last()
    {
        var made = Enumerable.Range(0, 2000).Select(_ => Uuid7.New(Noon)).ToList();

        Assert.All(made, v => Assert.InRange(v, Uuid7.First(Noon), Uuid7.Last(Noon)));
        Assert.All(made, v => Assert.True(Uuid7.IsValid(v)));
        Assert.All(made, v => Assert.Equal(Noon, Uuid7.TimeOf(v)));
        Assert.Equal(made.Count, made.Distinct().Count());
    }

    [Fact]
    public void Each_of_the_74_random_bits_takes_both_values_and_the_others_only_one()
    {
        UInt128 ones = 0, zeros = 0;
        for (var i = 0; i < 500; i++)
        {
            var value = Uuid7.New(Noon);
            ones |= value;
            zeros |= ~value;
        }

        Assert.Equal(74, (int)UInt128.PopCount(ones & zeros));
    }

    [Fact]
    public void A_millisecond_ends_before_the_next_begins()
    {
        Assert.True(Uuid7.Last(Noon) < Uuid7.First(Noon.AddMilliseconds(1)));
        Assert.Equal(Uuid7.First(Noon), Uuid7.First(Noon.AddTicks(9_999))); // parts of a millisecond do not count
    }

    [Theory]
    [InlineData("017F22E279B07CC398C4DC0C0C07398F", true)]
    [InlineData("017F22E279B04CC398C4DC0C0C07398F", false)] // version 4
    [InlineData("017F22E279B07CC3D8C4DC0C0C07398F", false)] // variant 11
    [InlineData("017F22E279B07CC358C4DC0C0C07398F", false)] // variant 01
    [InlineData("E677D21FDBFF70008000000000000000", true)] // the last millisecond of the year 9999
    [InlineData("E677D21FDC0070008000000000000000", false)] // the year 10000
    [InlineData("00000000000000000000000000000000", false)]
    public void Only_UUIDv7_of_a_time_that_can_be_told_are_valid(string value, bool valid) => Assert.Equal(valid, Uuid7.IsValid(Hex(value)));

    private static UInt128 Hex(string text) => UInt128.Parse(text, System.Globalization.NumberStyles.HexNumber);
}
