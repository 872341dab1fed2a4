using Exeunt.Storage;

namespace Exeunt.Tests.Storage;

public class LedgerClockTests
{
    [Theory]
    [InlineData(-5)]
    [InlineData(+5)]
    public void A_wall_clock_that_is_set_changes_nothing_while_the_server_runs(int minutes)
    {
        var source = new Source();
        var clock = new LedgerClock(source);
        var before = clock.GetUtcNow();

        source.Wall += TimeSpan.FromMinutes(minutes);
        source.Elapsed += TimeSpan.FromSeconds(3);

        Assert.Equal(before + TimeSpan.FromSeconds(3), clock.GetUtcNow());
    }

    [Fact]
    public void From_what_the_ledger_holds_of_the_future_it_goes_on_at_half_its_speed_until_the_wall_clock_has_caught_up()
    {
        var source = new Source();
        var clock = new LedgerClock(source);
        var held = clock.GetUtcNow() + TimeSpan.FromMinutes(5);
        clock.NotBefore(held);

        Assert.Equal(held, clock.GetUtcNow());
        source.Elapsed += TimeSpan.FromMinutes(4);
        Assert.Equal(held + TimeSpan.FromMinutes(2), clock.GetUtcNow()); // a token of 15 minutes does not live until tomorrow
        source.Elapsed += TimeSpan.FromMinutes(8);
        Assert.Equal(source.Wall + source.Elapsed, clock.GetUtcNow());
    }

    private sealed class Source : TimeProvider
    {
        public DateTimeOffset Wall { get; set; } = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public TimeSpan Elapsed { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => Wall;

        public override long GetTimestamp() => Elapsed.Ticks;
    }
}
