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
[Collection(nameof(Alone))]
public sealed class LocalTokensTests(ITestOutputHelper output)
{
    private const long BoundedBy = 16 * 1024 * 1024; // bytes that the process may hold more of at the end

    private readonly SigningKey key = SigningKey.Generate();
    private readonly RevocationIndex index = new();
    private readonly TestClock clock = new();

    /// <summary>Ten million in the long form. Each goes through the whole way of a token: the memory of verified ones, the verifier, the index.</summary>
    [Fact]
    public async Task Of_200_000_random_and_mutated_tokens_none_passes_none_throws_and_memory_stays_bounded()
    {
        var tokens = Tokens(capacity: 1_000);
        var good = Enumerable.Range(0, 20).Select(_ => Sign()).ToArray();
        foreach (var token in good) Assert.IsType<TokenVerdict<AccessToken>.Live>(await Judge(tokens, token));
        var known = good.ToHashSet();
        var hostile = new HostileTokens(Races.Seeded(output), key, good);
        var held = GC.GetTotalMemory(forceFullCollection: true);

        var (judged, details) = (0, new Dictionary<string, int>(StringComparer.Ordinal));
        for (var round = Races.Long ? 10_000_000 : 200_000; round > 0; round--)
        {
            var token = hostile.Next();
            if (known.Contains(token)) continue; // put together again by chance
            var verdict = await Judge(tokens, token);
            if (verdict is not TokenVerdict<AccessToken>.Forged(var detail)) throw new Xunit.Sdk.XunitException($"{verdict}: {token}");
            details[detail] = details.GetValueOrDefault(detail) + 1;
            judged++;
        }

        var grown = GC.GetTotalMemory(forceFullCollection: true) - held;
        output.WriteLine($"{judged:N0} judged, {grown:N0} bytes more held; refused because: {string.Join("; ", details.OrderByDescending(pair => pair.Value).Select(pair => $"{pair.Key} {pair.Value:N0}"))}");
        Assert.Equal(good.Length, tokens.Remembered); // nothing is kept of what was refused
        Assert.True(grown < BoundedBy, $"{grown:N0} bytes more are held than before.");
        Assert.True(details.Count >= 12, "The tokens are too dull: they must reach the later checks, too.");
        foreach (var token in good) Assert.IsType<TokenVerdict<AccessToken>.Live>(await Judge(tokens, token)); // and nothing that is good was lost
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

        Assert.Equal(0, Enumerable.Range(0, 5).Min(_ => Allocated())); // what the runtime itself makes now and then is in one of them and not in all

        index.Apply(Endings.Point(RevocationScope.Session, session.ToString()));
        Assert.IsType<TokenVerdict<AccessToken>.Ended>(tokens.Repeated(token, clock.GetUtcNow(), out _));
        Assert.Equal(GuardDecision.Revoked, guard.Decide(facts));

        long Allocated()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 1_000; i++) Check();
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        void Check()
        {
            if (tokens.Repeated(token, clock.GetUtcNow(), out _) is not TokenVerdict<AccessToken>.Live || guard.Decide(facts) is not GuardDecision.Pass) throw new InvalidOperationException();
        }
    }

    [Fact]
    public void P3_A_token_signed_here_is_found_without_verifying_it_and_held_against_the_index_and_its_time()
    {
        var tokens = Tokens(capacity: 100);
        var session = Id.New<SessionId>(clock.GetUtcNow());
        var (token, access) = (Sign(session), Access(session) with { KeyId = key.KeyId });

        tokens.Remember(token, access.AsWritten(), clock.GetUtcNow());
        Assert.IsType<TokenVerdict<AccessToken>.Live>(tokens.Repeated(token, clock.GetUtcNow(), out _));
        Assert.Null(tokens.Repeated(token[..^1] + (token[^1] == 'A' ? 'Q' : 'A'), clock.GetUtcNow(), out _)); // another token is another token
        Assert.Null(tokens.Repeated(token, access.AsWritten().ExpiresAt, out _));

        index.Apply(Endings.Point(RevocationScope.Session, session.ToString()));
        Assert.IsType<TokenVerdict<AccessToken>.Ended>(tokens.Repeated(token, clock.GetUtcNow(), out _));
    }

    [Fact]
    public async Task JOSE_15_A_token_that_was_verified_is_verified_again_after_five_minutes_as_its_key_may_have_been_withdrawn()
    {
        var published = new JwkSet(key.Public);
        var tokens = new LocalTokens<AccessToken>(new(Endings.Issuer, ["api"]), new KeysAtHand(() => published), index, access => access, capacity: 100);
        var token = Sign();
        Assert.IsType<TokenVerdict<AccessToken>.Live>(await Judge(tokens, token));

        published = new(SigningKey.Generate().Public);
        clock.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromSeconds(1));
        Assert.IsType<TokenVerdict<AccessToken>.Live>(await Judge(tokens, token));
        clock.Advance(TimeSpan.FromSeconds(1));

        Assert.IsType<TokenVerdict<AccessToken>.Forged>(await Judge(tokens, token));
    }

    [Fact]
    public void P3_A_token_signed_here_dies_with_the_key_that_signed_it()
    {
        var tokens = Tokens(capacity: 100);
        var session = Id.New<SessionId>(clock.GetUtcNow());
        var token = Sign(session);
        tokens.Remember(token, Access(session) with { KeyId = key.KeyId }, clock.GetUtcNow());

        index.Apply(Endings.Point(RevocationScope.Key, key.KeyId));
        Assert.IsType<TokenVerdict<AccessToken>.Ended>(tokens.Repeated(token, clock.GetUtcNow(), out _));
    }

    private LocalTokens<AccessToken> Tokens(int capacity)
    {
        var keys = new JwkSet(key.Public);
        return new(new(Endings.Issuer, ["api"]), new KeysAtHand(() => keys), index, token => token, capacity);
    }

    private ValueTask<TokenVerdict<AccessToken>> Judge(LocalTokens<AccessToken> tokens, string token) =>
        tokens.Repeated(token, clock.GetUtcNow(), out var slip) is { } verdict ? new(verdict) : tokens.VerifyAsync(token.AsMemory(), slip, clock.GetUtcNow());

    private string Sign(SessionId? session = null) => Access(session ?? Id.New<SessionId>(clock.GetUtcNow())).Sign(key);

    private AccessToken Access(SessionId session) => new()
    {
        Issuer = Endings.Issuer,
        Subject = "ada",
        Audiences = ["api"],
        ClientId = "web",
        Jti = $"jti-{session}",
        Sid = session.ToString(),
        IssuedAt = clock.GetUtcNow(),
        ExpiresAt = clock.GetUtcNow().AddHours(1),
    };
}
