using System.Diagnostics.Metrics;
using System.Text;
using Exeunt.Guard;
using Exeunt.Guard.Feed;
using Exeunt.Protocol.Feed;
using Exeunt.Protocol.Revocations;
using Exeunt.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Exeunt.Tests.Guard;

/// <summary>Feeds that lie, stammer or break off. Whatever they do, nothing that was ended comes back to life, and nobody feels fresh who is not.</summary>
public sealed class FeedFollowerTests
{
    private readonly TestClock clock = new();
    private readonly RevocationIndex index;
    private readonly Freshness freshness;
    private readonly GuardClock time;
    private readonly FeedFollower follower;

    public FeedFollowerTests()
    {
        (freshness, time) = (new(clock), new(clock));
        (index, follower) = Begin(mostEntries: 100);
    }

    [Fact]
    public void A_guard_becomes_fresh_by_a_snapshot_and_a_heartbeat_and_not_before()
    {
        Assert.Throws<FeedBrokenException>(() => Beat("e", 0));
        follower.Begin();
        Snapshot("e", 1, "s1");
        Assert.Equal(TimeSpan.MaxValue, freshness.Age);

        Beat("e", 1, asOfSecondsAgo: 3);

        Assert.Equal(TimeSpan.FromSeconds(3), freshness.Age);
        Assert.Equal(("e:1", "e:1"), (follower.Place!.ToString(), follower.ResumeFrom!.ToString()));
        Assert.True(Knows("s1"));
    }

    [Fact]
    public void Events_that_come_again_or_late_are_taken_in_and_move_nothing_back()
    {
        Snapshot("e", 5);
        Tell("e", 6, 5, "s6");
        Tell("e", 7, 6, "s7");
        Tell("e", 6, 5, "s6");
        Tell("e", 3, 2, "s3");

        Assert.Equal(7, follower.Place!.Sequence);
        Assert.All(["s3", "s6", "s7"], s => Assert.True(Knows(s)));
    }

    [Fact]
    public void A_hole_ends_the_stream_and_the_next_one_goes_on_from_before_it()
    {
        Snapshot("e", 5);
        Tell("e", 9, 8, "s9"); // the first after joining: places in between may have been purged
        Assert.Throws<FeedBrokenException>(() => Tell("e", 12, 11, "s12"));

        Assert.Equal("e:9", follower.ResumeFrom!.ToString());
        Assert.True(Knows("s12"), "what was told is kept all the same");
    }

    [Fact]
    public void A_heartbeat_that_knows_of_more_than_was_told_makes_nobody_fresh()
    {
        Snapshot("e", 5);
        Beat("e", 5);
        clock.Advance(TimeSpan.FromSeconds(8));

        Assert.Throws<FeedBrokenException>(() => Beat("e", 6));

        Assert.Equal(TimeSpan.FromSeconds(8), freshness.Age);
    }

    [Fact]
    public void A_feed_that_claims_to_go_backwards_is_left_and_takes_nothing_back()
    {
        Snapshot("e", 5, "s1");
        Beat("e", 5);
        clock.Advance(TimeSpan.FromSeconds(8));

        Assert.Throws<FeedBrokenException>(() => Beat("e", 4));
        Assert.Throws<FeedBrokenException>(() => Beat("e", 5, secondsAgo: 9));
        Assert.Throws<FeedBrokenException>(() => Beat("e", 5, asOfSecondsAgo: -1));

        Assert.Equal((TimeSpan.FromSeconds(8), 5), (freshness.Age, (int)follower.Place!.Sequence));
        Assert.True(Knows("s1"));
    }

    [Fact]
    public void P10_Heartbeats_that_are_kept_back_a_little_longer_each_make_nobody_look_fresh()
    {
        Snapshot("e", 5);
        Beat("e", 5);
        clock.Advance(TimeSpan.FromSeconds(14)); // the one of five seconds later
        Beat("e", 5, secondsAgo: 9);
        Assert.InRange(freshness.Age, TimeSpan.FromSeconds(8.9), TimeSpan.FromSeconds(9));
        clock.Advance(TimeSpan.FromSeconds(14));

        Assert.Throws<FeedBrokenException>(() => Beat("e", 5, secondsAgo: 18)); // another stream is asked for

        Assert.InRange(freshness.Age, TimeSpan.FromSeconds(17.9), TimeSpan.FromSeconds(18));
        follower.Begin();
        Beat("e", 5);
        Assert.Equal(TimeSpan.Zero, freshness.Age);
    }

    [Fact]
    public void P10_What_a_process_reads_that_stood_still_is_as_old_as_it_is()
    {
        Snapshot("e", 5);
        Beat("e", 5);
        clock.Advance(TimeSpan.FromMinutes(10)); // stopped, while heartbeats waited in its socket

        Assert.Throws<FeedBrokenException>(() => Beat("e", 5, secondsAgo: 595));

        Assert.True(freshness.Age > TimeSpan.FromMinutes(9));
    }

    [Fact]
    public void P10_A_server_whose_time_runs_at_half_speed_is_not_late_and_keeps_guards_fresh()
    {
        Snapshot("e", 5);
        var (server, sent) = (clock.GetUtcNow().ToUnixTimeMilliseconds(), 86_405_000L);
        for (var beat = 0; beat < 100; beat++)
        {
            follower.Take(FeedEvents.Heartbeat, null, Encoding.ASCII.GetBytes($$"""{"newest":"e:5","time":{{server}},"as_of":{{server}},"sent":{{sent}}}"""));
            Assert.Equal(TimeSpan.Zero, freshness.Age);
            clock.Advance(TimeSpan.FromSeconds(5));
            (server, sent) = (server + 2_500, sent + 5_000);
        }

        clock.Advance(TimeSpan.FromSeconds(16)); // one that is kept back is late all the same
        Assert.Throws<FeedBrokenException>(() => follower.Take(
            FeedEvents.Heartbeat, null, Encoding.ASCII.GetBytes($$"""{"newest":"e:5","time":{{server}},"as_of":{{server}},"sent":{{sent}}}""")));
    }

    [Fact]
    public void P10_A_first_heartbeat_that_comes_long_after_it_was_asked_for_counts_from_then()
    {
        Snapshot("e", 5);
        clock.Advance(TimeSpan.FromSeconds(40));

        Assert.Throws<FeedBrokenException>(() => Beat("e", 5, secondsAgo: 40));

        Assert.Equal(TimeSpan.FromSeconds(40), freshness.Age);
    }

    [Fact]
    public void P10_Clocks_that_run_a_little_differently_or_stand_apart_make_nobody_stale()
    {
        Snapshot("e", 5);
        var (mine, day) = (TimeSpan.FromSeconds(5.0005), TimeSpan.FromDays(1)); // a server whose seconds are longer, by a ten-thousandth
        for (var beats = 0; beats * 5 < day.TotalSeconds; beats++)
        {
            var server = DateTimeOffset.UnixEpoch.AddSeconds(beats * 5).ToUnixTimeMilliseconds();
            follower.Take(FeedEvents.Heartbeat, null, Encoding.ASCII.GetBytes($$"""{"newest":"e:5","time":{{server}},"as_of":{{server}}}"""));
            Assert.True(freshness.Age < TimeSpan.FromMilliseconds(10));
            clock.Advance(mine);
        }
    }

    [Fact]
    public void Another_epoch_is_merged_from_its_snapshot_and_loses_nothing()
    {
        Snapshot("e", 5, "old");
        Beat("e", 5);
        Assert.Throws<FeedBrokenException>(() => Tell("f", 2, 1, "early"));
        Assert.Null(follower.ResumeFrom);

        follower.Begin();
        Snapshot("f", 3, "new");
        Beat("f", 3);

        Assert.All(["old", "early", "new"], s => Assert.True(Knows(s)));
        Assert.Equal("f:3", follower.ResumeFrom!.ToString());
    }

    [Fact]
    public void A_snapshot_that_breaks_off_counts_for_nothing_but_what_it_told()
    {
        Part(1, last: false, id: null, "s1");
        Assert.Null(follower.Place);
        follower.Begin();
        Assert.Throws<FeedBrokenException>(() => Part(2, last: true, id: "e:5", "s2"));
        follower.Begin();
        Part(1, last: false, id: null, "s1");
        Assert.Throws<FeedBrokenException>(() => Part(2, last: true, id: null, "s2"));
        follower.Begin();
        Part(1, last: false, id: null, "s1");
        Part(2, last: true, id: "e:5", "s2");

        Assert.Equal("e:5", follower.ResumeFrom!.ToString());
    }

    [Fact]
    public void A_feed_without_end_does_not_fill_the_memory()
    {
        Snapshot("e", 0);
        Assert.Throws<FeedBrokenException>(() =>
        {
            for (var told = 0L; told < 1_000; told++) Tell("e", told + 1, told, $"s{told}");
        });

        Assert.Equal(100, index.Count);
    }

    [Fact]
    public void After_half_a_day_the_whole_is_asked_for_again()
    {
        Snapshot("e", 5);
        clock.Advance(TimeSpan.FromHours(12));
        Assert.NotNull(follower.ResumeFrom);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(follower.ResumeFrom);
    }

    [Fact]
    public void Of_a_hundred_thousand_damaged_events_none_throws_anything_else_and_none_ends_the_enforcement()
    {
        var random = Races.Seeded();
        var (roomy, taking) = Begin(mostEntries: 1_000_000); // none is refused for the number of those before it
        taking.Take(FeedEvents.Snapshot, "e:5", new SnapshotPart(1, true, [Ending("kept", "e", 5, 4)]).ToUtf8());
        var originals = new List<(string Name, string? Id, byte[] Data)>
        {
            (FeedEvents.Revocation, "e:6", RevocationJson.ToUtf8(Ending("s6", "e", 6, 5))),
            (FeedEvents.Revocation, null, RevocationJson.ToUtf8(Endings.CutOff(RevocationScope.User, "ada", Endings.SessionAt(Endings.Noon), 5))),
            (FeedEvents.Snapshot, "e:7", new SnapshotPart(1, true, [Ending("s7", "e", 7, 6)]).ToUtf8()),
            (FeedEvents.Heartbeat, null, BeatData("e", 5)),
            (FeedEvents.Ack, null, "{\"id\":\"e:5\"}"u8.ToArray()),
        };
        for (var round = 0; round < 100_000; round++)
        {
            var (name, id, data) = random.Pick(originals);
            var damaged = data.ToArray();
            for (var times = random.Next(1, 4); times > 0; times--) damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            if (random.Chance(0.2)) damaged = damaged[..random.Next(damaged.Length)];
            if (random.Chance(0.1)) id = random.Pick(["", "e:", ":1", "e:-1", "e:99999999999999999999", "é:1", "e:01", new string('e', 100) + ":1"]);
            try
            {
                taking.Take(random.Chance(0.9) ? name : "other", id, damaged);
            }
            catch (FeedBrokenException)
            {
                taking.Begin();
            }
        }

        Assert.InRange(roomy.Count, 2, 999_999); // some were taken in, and none was refused for want of room
        Assert.True(roomy.IsRevoked(Endings.Outside("kept", null)));
    }

    private (RevocationIndex Index, FeedFollower Follower) Begin(int mostEntries)
    {
        var filled = new RevocationIndex();
        var meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();
        var begun = new FeedFollower(filled, freshness, time, new(meters, filled, freshness), clock, mostEntries);
        begun.Begin();
        return (filled, begun);
    }

    private static Revocation Ending(string session, string epoch, long sequence, long previous) =>
        Endings.Point(RevocationScope.Session, session) with { Epoch = epoch, Sequence = sequence, Previous = previous };

    private bool Knows(string session) => index.IsRevoked(Endings.Outside(session, null));

    private void Tell(string epoch, long sequence, long previous, string session) =>
        follower.Take(FeedEvents.Revocation, $"{epoch}:{sequence}", RevocationJson.ToUtf8(Ending(session, epoch, sequence, previous)));

    private void Snapshot(string epoch, long sequence, params string[] sessions) => Part(1, true, $"{epoch}:{sequence}", sessions);

    private void Part(int number, bool last, string? id, params string[] sessions) =>
        follower.Take(FeedEvents.Snapshot, id, new SnapshotPart(number, last, [.. sessions.Select(s => Endings.Point(RevocationScope.Session, s))]).ToUtf8());

    private void Beat(string epoch, long newest, int asOfSecondsAgo = 0, int secondsAgo = 0) => follower.Take(FeedEvents.Heartbeat, null, BeatData(epoch, newest, asOfSecondsAgo, secondsAgo));

    private byte[] BeatData(string epoch, long newest, int asOfSecondsAgo = 0, int secondsAgo = 0)
    {
        var at = clock.GetUtcNow().AddSeconds(-secondsAgo).ToUnixTimeMilliseconds();
        return Encoding.ASCII.GetBytes($$"""{"newest":"{{epoch}}:{{newest}}","time":{{at}},"as_of":{{at - (asOfSecondsAgo * 1000)}}}""");
    }
}
