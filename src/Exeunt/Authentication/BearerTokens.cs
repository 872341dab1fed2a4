using Exeunt.Audit;
using Exeunt.Guard;
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
    OutsideUpkeep upkeep)
{
    private const string Scheme = "Bearer";

    // Outside tokens are verified anew after this time: their key may have been withdrawn, and their row tells what the index cannot know.
    private static readonly TimeSpan LongestTrust = TimeSpan.FromMinutes(5);

    private readonly AccessTokenVerifier verifier = new(rules.OwnIssuer, [options.Tokens.Audience]);
    private readonly VerifiedTokens<Verified> verified = new();

    /// <summary>Judges the request's <c>Authorization</c> header (RFC 6750 §2.1). Tokens in the address or in a form are never read.</summary>
    public ValueTask<BearerVerdict> ReadAsync(HttpContext http)
    {
        var headers = http.Request.Headers.Authorization;
        if (headers.Count == 0) return new(new BearerVerdict.Missing());
        if (headers.Count > 1) return new(new BearerVerdict.Malformed("Send one Authorization header, not several."));

        var header = headers.ToString().AsMemory();
        if (!header.Span.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) return new(new BearerVerdict.Missing());
        var rest = header[Scheme.Length..];
        if (rest.IsEmpty || rest.Span[0] != ' ' || rest.Trim(' ') is not { IsEmpty: false } token || token.Span.Contains(' '))
            return new(new BearerVerdict.Malformed("Write the header as: Authorization: Bearer <token>."));

        var now = clock.GetUtcNow();
        if (verified.Find(token.Span, now, out var slip) is { } known) return new(Repeated(known, now));

        // Whose rules and keys it is verified with is for the token to say; whether it is true, for those keys (JOSE-8).
        var issuer = UnverifiedIssuer.Of(token.Span);
        return providers.Knows(issuer) ? JudgeOutsideAsync(issuer!, token, slip, now, http.Origin) : new(JudgeOwn(token.Span, slip, now));
    }

    private BearerVerdict Repeated(Verified token, DateTimeOffset now)
    {
        var identity = token.Identity;
        if (index.IsRevoked(identity.Facts)) return Ended(identity);
        if (identity.Outside is not null && token.IsTimeToTell(now)) upkeep.Used(identity.Session);
        return new BearerVerdict.Live(identity);
    }

    private BearerVerdict JudgeOwn(ReadOnlySpan<char> token, in VerificationSlip slip, DateTimeOffset now)
    {
        switch (verifier.Verify(token, keys.Published, now))
        {
            case AccessTokenVerdict.Valid(var access) when Identify(access) is { } identity:
                verified.Add(slip, new(identity, now), identity.KeyId, identity.ExpiresAt, now);
                return index.IsRevoked(identity.Facts) ? Ended(identity) : new BearerVerdict.Live(identity);

            // A revoked key may be in a stranger's hands: what it signed ends nothing, expired or not.
            case AccessTokenVerdict.Expired(var access) when Identify(access) is { } identity:
                return index.IsRevoked(identity.Facts) ? Ended(identity) : new BearerVerdict.Expired(identity);

            case AccessTokenVerdict.Rejected(_, var detail):
                return new BearerVerdict.Forged(detail);

            default:
                return new BearerVerdict.Forged("The token names no session of this server.");
        }
    }

    private async ValueTask<BearerVerdict> JudgeOutsideAsync(string issuer, ReadOnlyMemory<char> text, VerificationSlip slip, DateTimeOffset now, Origin from)
    {
        switch (await providers.VerifyAsync(issuer, text, now))
        {
            case OutsideVerdict.Valid(var token) when index.IsRevoked(token.Facts):
                return Ended(token);

            case OutsideVerdict.Valid(var token):
                var sighting = await SeeAsync(token, from);
                if (sighting is Sighting.Alive(var identity, var session))
                    verified.Add(slip, new(identity, now), identity.KeyId, Earliest(token.ExpiresAt, session.ExpiresAt, now + LongestTrust), now);
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

    private BearerVerdict Ended(Identity identity) => identity.Outside is { } token ? Ended(token) : new BearerVerdict.Ended(identity);

    private BearerVerdict.Outside Ended(OutsideToken token)
    {
        upkeep.Refused(token);
        return new(token, OutsideStanding.Ended);
    }

    private static Identity? Identify(AccessToken token) =>
        Id.TryParse<SessionId>(token.Sid, out var session) && Id.TryParse<UserId>(token.Subject, out var user)
            ? new(user, session, token.Issuer, token.Subject, token.ClientId, token.Roles, token.AuthTime, token.ExpiresAt, token.Jti, token.KeyId)
            : null;

    private static DateTimeOffset Earliest(DateTimeOffset one, DateTimeOffset other, DateTimeOffset third)
    {
        var earlier = one < other ? one : other;
        return earlier < third ? earlier : third;
    }

    /// <summary>A token that need not be verified again.</summary>
    private sealed class Verified(Identity identity, DateTimeOffset now)
    {
        private long toldTicks = now.UtcTicks;

        public Identity Identity => identity;

        /// <summary>True for one caller in a minute.</summary>
        public bool IsTimeToTell(DateTimeOffset at)
        {
            var told = Volatile.Read(ref toldTicks);
            return at.UtcTicks - told >= MirrorSession.SeenEvery.Ticks && Interlocked.CompareExchange(ref toldTicks, at.UtcTicks, told) == told;
        }
    }
}
