using Exeunt.Guard;
using Exeunt.Tests.Support;
using static Exeunt.Tests.Guard.Endings;

namespace Exeunt.Tests.Guard;

public class VerifiedTokensTests
{
    private static readonly DateTimeOffset Exp = Noon.AddMinutes(15);
    private readonly VerifiedTokens<string> cache = new(64);

    [Fact]
    public void A_token_that_was_verified_is_known_and_no_other_is()
    {
        Keep("a.b.c", "ada");

        Assert.Equal("ada", cache.Find("a.b.c", Noon, out _));
        Assert.Null(cache.Find("a.b.d", Noon, out _));
        Assert.Null(cache.Find("a.b.c ", Noon, out _));
        Assert.Null(cache.Find("", Noon, out _));
    }

    [Fact]
    public void JOSE_16_No_token_is_known_at_its_exp_or_later()
    {
        Keep("a.b.c", "ada");

        Assert.Equal("ada", cache.Find("a.b.c", Exp.AddTicks(-1), out _));
        Assert.Null(cache.Find("a.b.c", Exp, out _));
    }

    [Fact]
    public void A_token_that_expired_while_it_was_verified_is_not_kept()
    {
        cache.Find("a.b.c", Noon, out var slip);
        cache.Add(slip, "ada", Exp, Exp);

        Assert.Equal(0, cache.Count);
    }

    [Fact]
    public void Verifying_a_token_again_takes_no_second_place()
    {
        Keep("a.b.c", "ada");
        Keep("a.b.c", "ada again");

        Assert.Equal(1, cache.Count);
        Assert.Equal("ada again", cache.Find("a.b.c", Noon, out _));
    }

    [Theory]
    [InlineData(1, 8, 1)]
    [InlineData(64, 64, 500)]
    [InlineData(VerifiedTokens<string>.DefaultCapacity, 10_000, 1)]
    public void It_never_grows_and_is_filled_evenly_under_whatever_key(int asked, int capacity, int caches)
    {
        for (var each = 0; each < caches; each++)
        {
            var bounded = new VerifiedTokens<string>(asked);
            for (var i = 0; i < 3 * capacity; i++)
            {
                bounded.Find($"token-{i}", Noon, out var slip);
                bounded.Add(slip, "ada", Exp, Noon);
                Assert.Equal("ada", bounded.Find($"token-{i}", Noon, out _)); // the newest is always in
            }

            Assert.Equal(capacity, bounded.Capacity);
            Assert.InRange(bounded.Count, capacity * 0.9, capacity);
        }
    }

    [Fact]
    public void Who_is_asked_for_stays_when_others_come()
    {
        var one = new VerifiedTokens<string>(8);
        for (var i = 0; i < 8; i++) Keep($"token-{i}", "ada", into: one);
        Assert.NotNull(one.Find("token-3", Noon, out _));

        Keep("newcomer", "bob", into: one);

        Assert.NotNull(one.Find("token-3", Noon, out _));
        Assert.NotNull(one.Find("newcomer", Noon, out _));
        Assert.Equal(8, one.Count);
    }

    [Fact]
    public void Newcomers_displace_those_that_came_before_them_and_not_each_other()
    {
        var one = new VerifiedTokens<string>(8);
        for (var i = 0; i < 8; i++) Keep($"old-{i}", "ada", into: one);

        for (var i = 0; i < 8; i++) Keep($"new-{i}", "bob", into: one, expires: Exp.AddSeconds(1));

        Assert.All(Enumerable.Range(0, 8), i => Assert.Equal("bob", one.Find($"new-{i}", Noon, out _)));
    }

    [Fact]
    public void Expired_tokens_make_room_before_live_ones_do()
    {
        var one = new VerifiedTokens<string>(8);
        for (var i = 0; i < 8; i++) Keep($"token-{i}", "ada", into: one, expires: i == 5 ? Noon.AddSeconds(1) : Exp);

        one.Find("newcomer", Noon.AddSeconds(1), out var slip);
        one.Add(slip, "bob", Exp, Noon.AddSeconds(1));

        Assert.All(Enumerable.Range(0, 8).Where(i => i != 5), i => Assert.NotNull(one.Find($"token-{i}", Noon.AddSeconds(1), out _)));
    }

    [Fact]
    public void P3_Finding_allocates_nothing()
    {
        var token = new string('x', 900);
        Keep(token, "ada");
        cache.Find(token, Noon, out _);
        cache.Find("unknown", Noon, out _);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var found = 0;
        for (var i = 0; i < 10_000; i++)
        {
            if (cache.Find(token, Noon, out _) is not null) found++;
            if (cache.Find("unknown", Noon, out _) is not null) found++;
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(10_000, found);
    }

    [Theory]
    [InlineData("a.b.ç")]
    [InlineData("慢.b.c")]
    [InlineData(null)] // longer than any that is remembered
    public void What_cannot_be_a_token_or_is_too_long_is_verified_every_time(string? token)
    {
        token ??= new string('x', VerifiedTokens<string>.LongestToken + 1);
        Keep(token, "ada");

        Assert.Null(cache.Find(token, Noon, out _));
        Assert.Equal(0, cache.Count);
    }

    [Fact]
    public void A_capacity_of_none_is_a_mistake() => Assert.Throws<ArgumentOutOfRangeException>(() => new VerifiedTokens<string>(0));

    private void Keep(string token, string principal, VerifiedTokens<string>? into = null, DateTimeOffset? expires = null)
    {
        (into ?? cache).Find(token, Noon, out var slip);
        (into ?? cache).Add(slip, principal, expires ?? Exp, Noon);
    }
}
