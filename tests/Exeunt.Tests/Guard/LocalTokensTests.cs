using Exeunt.Guard;
using Exeunt.Guard.Feed;
using Exeunt.Guard.Tokens;
using Exeunt.Protocol.AccessTokens;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Jose;
using Exeunt.Protocol.Revocations;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Guard;

/// <summary>The way of every token, without HTTP around it.</summary>
public sealed class LocalTokensTests(ITestOutputHelper output)
{
    private const string Characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=é\0 ";

    private readonly SigningKey key = SigningKey.Generate();
    private readonly RevocationIndex index = new();
    private readonly TestClock clock = new();

    [Fact]
    public async Task Of_200_000_random_and_mutated_tokens_none_passes_and_none_throws()
    {
        var random = Races.Seeded(output);
        var tokens = Tokens(capacity: 1_000);
        var good = Enumerable.Range(0, 20).Select(_ => Sign()).ToArray();
        Assert.All(good, token => Assert.IsType<TokenVerdict<AccessToken>.Live>(Judge(tokens, token).AsTask().Result));
        var known = good.ToHashSet();

        for (var round = Races.Long ? 10_000_000 : 200_000; round > 0; round--)
        {
            var token = Damage(random, good);
            if (known.Contains(token)) continue;
            var verdict = await Judge(tokens, token);
            Assert.True(verdict is TokenVerdict<AccessToken>.Forged, $"{verdict}: {token}");
        }

        Assert.Equal(good.Length, tokens.Remembered); // nothing is kept of what was refused
    }

    [Fact]
    public async Task P3_A_repeated_token_is_held_against_the_index_every_time_and_costs_no_memory()
    {
        var tokens = Tokens(capacity: 100);
        var freshness = new Freshness(clock);
        freshness.KnownWithAge(TimeSpan.Zero);
        var guard = new RevocationGuard(index, freshness, new GuardOptions(), null!);
        for (var i = 0; i < 1_000; i++) index.Apply(Endings.Point(RevocationScope.Session, $"other{i}"));
        var session = Id.New<SessionId>(clock.GetUtcNow());
        var token = Sign(session);
        Assert.IsType<TokenVerdict<AccessToken>.Live>(await Judge(tokens, token));
        var facts = Assert.IsType<TokenVerdict<AccessToken>.Live>(tokens.Repeated(token, clock.GetUtcNow(), out _)).Principal.ToFacts();
        Check(); // compiled

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++) Check();
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(0, allocated);
        index.Apply(Endings.Point(RevocationScope.Session, session.ToString()));
        Assert.IsType<TokenVerdict<AccessToken>.Ended>(tokens.Repeated(token, clock.GetUtcNow(), out _));
        Assert.Equal(GuardDecision.Revoked, guard.Decide(facts));

        void Check()
        {
            if (tokens.Repeated(token, clock.GetUtcNow(), out _) is not TokenVerdict<AccessToken>.Live || guard.Decide(facts) is not GuardDecision.Pass) throw new InvalidOperationException();
        }
    }

    private LocalTokens<AccessToken> Tokens(int capacity)
    {
        var keys = new JwkSet(key.Public);
        return new(new(Endings.Issuer, ["api"]), new KeysAtHand(() => keys), index, token => token, capacity);
    }

    private ValueTask<TokenVerdict<AccessToken>> Judge(LocalTokens<AccessToken> tokens, string token) =>
        tokens.Repeated(token, clock.GetUtcNow(), out var slip) is { } verdict ? new(verdict) : tokens.VerifyAsync(token.AsMemory(), slip, clock.GetUtcNow());

    private string Sign(SessionId? session = null)
    {
        var sid = session ?? Id.New<SessionId>(clock.GetUtcNow());
        return new AccessToken
        {
            Issuer = Endings.Issuer,
            Subject = "ada",
            Audiences = ["api"],
            ClientId = "web",
            Jti = $"jti-{sid}",
            Sid = sid.ToString(),
            IssuedAt = clock.GetUtcNow(),
            ExpiresAt = clock.GetUtcNow().AddHours(1),
        }.Sign(key);
    }

    private static string Damage(Random random, string[] good)
    {
        if (random.Next(10) == 0) return string.Concat(Enumerable.Range(0, random.Next(400)).Select(_ => Characters[random.Next(Characters.Length)]));

        var token = good[random.Next(good.Length)];
        for (var times = random.Next(1, 4); times > 0 && token.Length > 1; times--)
        {
            var at = random.Next(token.Length);
            var other = good[random.Next(good.Length)];
            token = random.Next(6) switch
            {
                0 or 1 => $"{token.AsSpan(0, at)}{Characters[random.Next(Characters.Length)]}{token.AsSpan(at + 1)}",
                2 => token.Remove(at, 1),
                3 => token.Insert(at, Characters[random.Next(Characters.Length)].ToString()),
                4 => token[..at],
                _ => token[..at] + (at < other.Length ? other[at..] : ""),
            };
        }

        return token;
    }
}
