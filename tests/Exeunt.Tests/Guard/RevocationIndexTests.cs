using Exeunt.Guard;
using Exeunt.Protocol.Revocations;
using static Exeunt.Tests.Guard.Endings;

namespace Exeunt.Tests.Guard;

public class RevocationIndexTests
{
    private readonly RevocationIndex index = new();

    [Fact]
    public void An_empty_index_refuses_nobody()
    {
        Assert.False(index.IsRevoked(Own(SessionAt(Noon))));
        Assert.Equal(0, index.Count);
    }

    [Fact]
    public void It_counts_what_changes_it_and_nothing_else()
    {
        index.Apply(Point(RevocationScope.Token, "jti"));
        var added = index.Changes;
        Assert.NotEqual(0, added);

        Assert.True(index.IsRevoked(Own(SessionAt(Noon)) with { TokenId = "jti" }));
        index.RemoveExpired(Noon);
        Assert.Equal(added, index.Changes);

        index.RemoveExpired(Noon.AddHours(2));
        Assert.NotEqual(added, index.Changes);
    }

    [Fact]
    public void P3_Asking_allocates_nothing()
    {
        var ended = SessionAt(Noon);
        index.Apply(
        [
            Point(RevocationScope.Session, ended.ToString()), Point(RevocationScope.Token, "jti"), Point(RevocationScope.Key, "stolen"),
            CutOff(RevocationScope.User, "eve", SessionAt(Noon.AddSeconds(1))),
            CutOff(RevocationScope.User, "ada", SessionAt(Noon.AddHours(-9)), except: ended.ToString()),
            CutOff(RevocationScope.Client, "web", SessionAt(Noon.AddHours(-9))), CutOff(RevocationScope.Issuer, "", SessionAt(Noon.AddHours(-9))),
            CutOff(RevocationScope.Everyone, "", SessionAt(Noon.AddHours(-9)), issuer: ""),
        ]);
        TokenFacts[] tokens = [Own(ended), Own(SessionAt(Noon)), Own(SessionAt(Noon), "eve"), Outside(null, null), Outside("sess_1", 1, "eve")];
        Ask(tokens, 100);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var refused = Ask(tokens, 20_000);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(2 * 20_000, refused);
    }

    [Fact]
    public void P8_A_point_takes_at_most_24_bytes_and_a_cut_off_at_most_64_at_every_size()
    {
        var cutOffs = new RevocationIndex();
        for (var i = 1; i <= 120_000; i++)
        {
            index.Apply(Point(RevocationScope.Session, $"sess_{i}"));
            cutOffs.Apply(CutOff(RevocationScope.User, $"user-{i}", SessionAt(Noon)));
            if (i < 1000 || i % 97 != 0) continue;

            // The empty tables of the other scopes, a few hundred bytes each, count as well.
            Assert.InRange((index.Bytes - new RevocationIndex().Bytes) / (double)i, 8 + 4, 24);
            Assert.InRange((cutOffs.Bytes - new RevocationIndex().Bytes) / (double)i, 48, 64);
        }

        Assert.Equal(120_000, index.Count);
        Assert.Equal(120_000, cutOffs.Count);
    }

    [Fact]
    public void Ending_everything_again_and_again_keeps_one_cut_off_for_a_user()
    {
        for (var i = 0; i < 5000; i++) index.Apply(CutOff(RevocationScope.User, "ada", SessionAt(Noon.AddSeconds(i)), expires: Noon.AddHours(1).AddSeconds(i)));

        Assert.Equal(1, index.Count);
        Assert.InRange(index.Bytes, 0, 4096);
    }

    [Fact]
    public void Ending_all_others_from_ever_new_devices_keeps_two_cut_offs_for_a_user()
    {
        var devices = Enumerable.Range(0, 500).Select(i => SessionAt(Noon.AddSeconds(i))).ToList();
        foreach (var device in devices) index.Apply(CutOff(RevocationScope.User, "ada", SessionAt(Noon.AddHours(1)), except: device.ToString()));

        Assert.Equal(2, index.Count);
        Assert.All(devices, d => Assert.True(index.IsRevoked(Own(d)))); // each was ended by the others
    }

    [Fact]
    public void P1_A_repeat_never_shortens_an_ending()
    {
        var session = SessionAt(Noon);
        index.Apply(Point(RevocationScope.Session, session.ToString(), Noon.AddMinutes(30)));
        index.Apply(Point(RevocationScope.Session, session.ToString(), Noon.AddMinutes(10)));

        Assert.Equal(0, index.RemoveExpired(Noon.AddMinutes(29)));
        Assert.True(index.IsRevoked(Own(session)));
        Assert.Equal(1, index.RemoveExpired(Noon.AddMinutes(30)));
        Assert.False(index.IsRevoked(Own(session)));
    }

    [Theory]
    [InlineData(RevocationScope.Session)]
    [InlineData(RevocationScope.User)]
    public void P1_Fractions_of_a_second_are_forgotten_late_rather_than_early(RevocationScope scope)
    {
        var session = SessionAt(Noon);
        var expires = Noon.AddMinutes(10).AddTicks(1);
        index.Apply(scope is RevocationScope.User ? CutOff(scope, "ada", session, expires: expires) : Point(scope, session.ToString(), expires));

        Assert.Equal(0, index.RemoveExpired(Noon.AddMinutes(10)));
        Assert.True(index.IsRevoked(Own(session)));
        Assert.Equal(1, index.RemoveExpired(Noon.AddMinutes(10).AddSeconds(1)));
    }

    [Fact]
    public void What_has_expired_but_was_not_removed_refuses_no_new_session_of_ours()
    {
        index.Apply(CutOff(RevocationScope.User, "ada", SessionAt(Noon), expires: Noon.AddMinutes(15)));
        index.Apply(Point(RevocationScope.Session, SessionAt(Noon).ToString(), Noon.AddMinutes(15)));

        Assert.False(index.IsRevoked(Own(SessionAt(Noon.AddDays(1)))));
        Assert.Equal(2, index.Count);
    }

    [Fact]
    public void Removing_frees_the_memory()
    {
        var empty = index.Bytes;
        for (var i = 0; i < 5000; i++)
        {
            index.Apply(Point(RevocationScope.Session, $"sess_{i}", Noon.AddSeconds(1 + (i % 10))));
            index.Apply(CutOff(RevocationScope.User, $"user-{i}", SessionAt(Noon), expires: Noon.AddSeconds(1 + (i % 10))));
        }

        Assert.Equal(5000, index.RemoveExpired(Noon.AddSeconds(5)));
        Assert.True(index.IsRevoked(Outside("sess_9", null)));
        Assert.False(index.IsRevoked(Outside("sess_4", null)));
        Assert.Equal(5000, index.RemoveExpired(Noon.AddSeconds(10)));
        Assert.Equal((0, empty), (index.Count, index.Bytes));
    }

    [Fact]
    public void BCL_6_The_same_ids_of_another_issuer_are_others()
    {
        var session = SessionAt(Noon);
        index.Apply(
        [
            Point(RevocationScope.Session, session.ToString()), Point(RevocationScope.Key, "k1"), CutOff(RevocationScope.User, "ada", session),
            CutOff(RevocationScope.Issuer, "", session), Point(RevocationScope.Token, "jti-" + session), CutOff(RevocationScope.Client, "web", session),
        ]);

        Assert.True(index.IsRevoked(Own(session)));
        Assert.False(index.IsRevoked(Own(session, issuer: "https://other.example.com")));
    }

    [Fact]
    public void A_scope_from_the_future_is_not_passed_over_in_silence() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => index.Apply(Point((RevocationScope)8, "x")));

    private int Ask(TokenFacts[] tokens, int times)
    {
        var refused = 0;
        for (var i = 0; i < times; i++)
        {
            foreach (ref readonly var token in tokens.AsSpan())
            {
                if (index.IsRevoked(token)) refused++;
            }
        }

        return refused;
    }
}
