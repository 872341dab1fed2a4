using Exeunt.Audit;
using Exeunt.Guard;
using Exeunt.Guard.Tokens;
using Exeunt.Hosting;
using Exeunt.Http;
using Exeunt.Keys;
using Exeunt.Protocol.AccessTokens;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Jose;
using Exeunt.Providers;
using Exeunt.Revocations;
using Exeunt.Storage;
using Microsoft.AspNetCore.Http;

namespace Exeunt.Authentication;

/// <summary>
/// Judges the bearer token of a request: whose it is, whether it is authentic, and whether its session has ended. A token that was verified before costs a hash
/// and a look into the revocation index; of an outside token that is new, the ledger is asked or told as well.
/// </summary>
internal sealed class BearerTokens(
    ExeuntOptions options, SigningKeys keys, RevocationIndex index, RevocationRules rules, LedgerClock clock, ProviderTokens providers, MirrorSession mirror,
    OutsideUpkeep upkeep, NodeFreshness freshness)
{
    private readonly LocalTokens<Identity> own = new(
        new(rules.OwnIssuer, [options.Tokens.Audience]), new KeysAtHand(() => keys.Published), index, Identify, VerifiedTokens<Identity>.DefaultCapacity);

    private readonly VerifiedTokens<Verified> outside = new();

    /// <summary>
    /// Judges the request's <c>Authorization</c> header (RFC 6750 §2.1). Tokens in the address or in a form are never read. A node that does not know who has left
    /// lets nobody in, but everybody out (P2).
    /// </summary>
    public ValueTask<BearerVerdict> ReadAsync(HttpContext http) =>
        freshness.IsServing || http.Request.Headers.Authorization.Count == 0 || TakesLogouts.At(http) ? JudgeAsync(http) : JudgeStaleAsync(http);

    private async ValueTask<BearerVerdict> JudgeStaleAsync(HttpContext http)
    {
        var isServing = await freshness.IsServingAsync(); // first: what it reads is judged by
        return await JudgeAsync(http) is var verdict && !isServing && verdict is BearerVerdict.Live(var identity) ? new BearerVerdict.Stale(identity) : verdict;
    }

    private ValueTask<BearerVerdict> JudgeAsync(HttpContext http)
    {
        var token = BearerHeader.Read(http.Request.Headers.Authorization, out var mistake);
        if (mistake is not null) return new(new BearerVerdict.Malformed(mistake));
        if (token.IsEmpty) return new(new BearerVerdict.Missing());

        var now = clock.GetUtcNow();
        if (own.Repeated(token.Span, now, out var slip) is { } verdict) return new(Of(verdict));
        if (outside.Find(token.Span, now, out var outsideSlip) is { } known) return new(Repeated(known, now));

        // Whose rules and keys it is verified with is for the token to say; whether it is true, for those keys (JOSE-8).
        var issuer = UnverifiedIssuer.Of(token.Span);
        return providers.Knows(issuer) ? JudgeOutsideAsync(issuer!, token, outsideSlip, now, http.Origin) : JudgeOwnAsync(token, slip, now);
    }

    /// <summary>Judges a token that came in a form rather than as a bearer's, as one of ours: those of providers were not issued here. No ledger is asked.</summary>
    public async ValueTask<BearerVerdict> JudgeOwnAsync(string token)
    {
        var now = clock.GetUtcNow();
        return own.Repeated(token, now, out var slip) is { } verdict ? Of(verdict) : await JudgeOwnAsync(token.AsMemory(), slip, now);
    }

    /// <summary>Takes in an access token that was signed here. It is judged like one that has been verified.</summary>
    public void Remember(string token, AccessToken access) => own.Remember(token, access.AsWritten(), clock.GetUtcNow());

    private BearerVerdict Repeated(Verified token, DateTimeOffset now)
    {
        if (index.IsRevoked(token.Outside.Facts)) return Ended(token.Outside);
        if (token.IsTimeToTell(now)) upkeep.Used(token.Identity.Session);
        return new BearerVerdict.Live(token.Identity);
    }

    private async ValueTask<BearerVerdict> JudgeOwnAsync(ReadOnlyMemory<char> token, VerificationSlip slip, DateTimeOffset now) =>
        Of(await own.VerifyAsync(token, slip, now));

    private static BearerVerdict Of(TokenVerdict<Identity> verdict) => verdict switch
    {
        TokenVerdict<Identity>.Live(var identity) => new BearerVerdict.Live(identity),
        TokenVerdict<Identity>.Ended(var identity) => new BearerVerdict.Ended(identity),
        TokenVerdict<Identity>.Expired(var identity) => new BearerVerdict.Expired(identity),
        TokenVerdict<Identity>.Forged(var detail) => new BearerVerdict.Forged(detail),
        _ => new BearerVerdict.Undecided(),
    };

    private async ValueTask<BearerVerdict> JudgeOutsideAsync(string issuer, ReadOnlyMemory<char> text, VerificationSlip slip, DateTimeOffset now, Origin from)
    {
        switch (await providers.VerifyAsync(issuer, text, now))
        {
            case OutsideVerdict.Valid(var token) when index.IsRevoked(token.Facts):
                return Ended(token);

            case OutsideVerdict.Valid(var token):
                var sighting = await SeeAsync(token, from);
                if (sighting is Sighting.Alive(var identity, var session))
                    // Verified anew after a while: the key may have been withdrawn, and the session's row tells what the index cannot know.
                    outside.Add(slip, new(identity, token, now), Earliest(token.ExpiresAt, session.ExpiresAt, now + IssuerKeys.LongestTrust), now);
                return sighting switch
                {
                    null => new BearerVerdict.Outside(token, OutsideStanding.NotRecorded),
                    Sighting.Alive(var alive, _) => index.IsRevoked(token.Facts) ? Ended(token) : new BearerVerdict.Live(alive),
                    Sighting.Contradicted => new BearerVerdict.Forged("The session of the token belongs to another user."),
                    _ => Ended(token),
                };

            case OutsideVerdict.Expired(var token):
                return new BearerVerdict.Outside(token, index.IsRevoked(token.Facts) ? OutsideStanding.Ended : OutsideStanding.Expired);

            case OutsideVerdict.Rejected(var detail):
                return new BearerVerdict.Forged(detail);

            default:
                return new BearerVerdict.Undecided();
        }
    }

    private async ValueTask<Sighting?> SeeAsync(OutsideToken token, Origin from)
    {
        try
        {
            return await mirror.SeeAsync(token, from);
        }
        catch (LedgerUnavailableException)
        {
            return null; // whoever answers for this verdict says so
        }
    }

    private BearerVerdict.Outside Ended(OutsideToken token)
    {
        upkeep.Refused(token);
        return new(token, OutsideStanding.Ended);
    }

    private static Identity? Identify(AccessToken token) =>
        Id.TryParse<SessionId>(token.Sid, out var session) && Id.TryParse<UserId>(token.Subject, out var user)
            ? new(user, session, token.Issuer, token.Subject, token.ClientId, token.Roles, token.AuthTime, token.ExpiresAt, token.Jti, token.KeyId) { Own = token }
            : null;

    private static DateTimeOffset Earliest(DateTimeOffset one, DateTimeOffset other, DateTimeOffset third)
    {
        var earlier = one < other ? one : other;
        return earlier < third ? earlier : third;
    }

    /// <summary>A provider's token that need not be verified again.</summary>
    private sealed class Verified(Identity identity, OutsideToken token, DateTimeOffset now)
    {
        private long toldTicks = now.UtcTicks;

        public Identity Identity => identity;

        public OutsideToken Outside => token;

        /// <summary>True for one caller in a minute.</summary>
        public bool IsTimeToTell(DateTimeOffset at)
        {
            var told = Volatile.Read(ref toldTicks);
            return at.UtcTicks - told >= MirrorSession.SeenEvery.Ticks && Interlocked.CompareExchange(ref toldTicks, at.UtcTicks, told) == told;
        }
    }
}
