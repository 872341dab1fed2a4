using Exeunt.Hosting;

namespace Exeunt.Tests.Hosting;

public class SpanTextTests
{
    [Theory]
    [InlineData("30s", 30)]
    [InlineData("1.5s", 1.5)]
    [InlineData("15m", 900)]
    [InlineData("12h", 43_200)]
    [InlineData("7d", 604_800)]
    [InlineData("00:15:00", 900)]
    [InlineData("00:15", 900)]
    [InlineData("24:00:00", 86_400)]
    [InlineData("7.00:00:00", 604_800)]
    [InlineData(" 15m ", 900)]
    public void Reads_what_people_write(string text, double seconds)
    {
        Assert.True(SpanText.TryParse(text, out var span));
        Assert.Equal(TimeSpan.FromSeconds(seconds), span);
    }

    [Theory]
    [InlineData("900")] // of what?
    [InlineData("-15m")]
    [InlineData("15 minutes")]
    [InlineData("00:61:00")]
    [InlineData("9999999d")]
    [InlineData("99999d")] // more than ten years: the unit is wrong
    [InlineData("")]
    public void Refuses_what_could_be_meant_otherwise(string text) => Assert.False(SpanText.TryParse(text, out _));

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(90, "90s")]
    [InlineData(900, "15m")]
    [InlineData(7200, "2h")]
    [InlineData(604_800, "7d")]
    public void Writes_it_as_short_as_it_was_meant(double seconds, string text) => Assert.Equal(text, SpanText.Of(TimeSpan.FromSeconds(seconds)));
}
