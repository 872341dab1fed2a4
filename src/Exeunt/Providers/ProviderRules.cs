using System.Text.Json;
using Exeunt.Hosting;
using Exeunt.Protocol.Jose;

namespace Exeunt.Providers;

/// <summary>
/// What a provider's tokens must be, by its kind. Clerk's own SDK checks less (it accepts a foreign <c>iss</c>, a missing <c>azp</c>, <c>sts=pending</c> and no
/// <c>sid</c>); here all of that is refused.
/// </summary>
internal sealed class ProviderRules
{
    private const string Clerk = "clerk";
    private const string OpenId = "oidc";

    // CLK-3: what Clerk's SDK allows by default, and no more than a server whose clock is kept needs.
    private static readonly TimeSpan Leeway = TimeSpan.FromSeconds(5);

    // An OpenID provider that follows RFC 9068 types its access tokens; others leave them plain.
    private static readonly TokenKind TypedAccessToken = new(
        TokenKind.AccessToken.Type, TypeMayBeMissing: false, MustExpire: true, Required: ["iss", "aud", "sub", "iat"], Forbidden: ["events", "nonce"]);

    private static readonly JwsAlgorithm[] ClerkAlgorithms = [JwsAlgorithm.RS256, JwsAlgorithm.RS384, JwsAlgorithm.RS512];
    private static readonly JwsAlgorithm[] PublicKeyAlgorithms = [JwsAlgorithm.ES256, .. ClerkAlgorithms, JwsAlgorithm.PS256];

    private readonly ProviderOptions options;
    private readonly JwtRules plain;
    private readonly JwtRules? typed;

    public ProviderRules(ProviderOptions options)
    {
        this.options = options;
        plain = new()
        {
            Kind = TokenKind.ProviderSession,
            Algorithms = options.Secret is { Length: > 0 } ? [JwsAlgorithm.HS256] : options.Kind is Clerk ? ClerkAlgorithms : PublicKeyAlgorithms,
            Issuer = options.Issuer!,
            Audiences = options.Audience is { Length: > 0 } audience ? [audience] : [],
            Leeway = Leeway,
        };
        typed = options.Kind is OpenId ? plain with { Kind = TypedAccessToken } : null;
    }

    /// <summary>Verifies form, signature, times, issuer and audience.</summary>
    public JwtVerdict Verify(ReadOnlySpan<char> token, JwkSet keys, DateTimeOffset now)
    {
        var verdict = JwtVerifier.Verify(token, keys, plain, now);
        return verdict is JwtVerdict.Rejected(JwtRejection.WrongType, _) && typed is not null ? JwtVerifier.Verify(token, keys, typed, now) : verdict;
    }

    /// <summary>Reads the claims of an authentic token; with a sentence instead when they are not acceptable.</summary>
    public (OutsideToken? Token, string? WhyNot) Read(JwtClaims claims, VerificationKey key)
    {
        var isClerk = options.Kind is Clerk;
        if (plain.Audiences.Count == 0 && claims.Has("aud")) return (null, "The token is meant for an audience, and none is configured for its issuer.");

        var subject = claims.Text("sub")!;
        if (subject.Length > OutsideSessionId.Longest || subject.Any(char.IsControl)) return (null, "The claim sub is too long.");

        if (claims.Has("azp") && claims.Text("azp") is null) return (null, "The claim azp is not a string.");
        var party = claims.Text("azp") ?? (isClerk ? null : claims.Text("client_id"));
        if (party?.Length > OutsideSessionId.Longest) return (null, "The claim azp is too long.");
        if (options.AuthorizedParties.Count > 0 && (party is null || !options.AuthorizedParties.Contains(party)))
            return (null, "The token was made for another party.");

        if (isClerk && claims.Has("sts") && claims.Text("sts") is not "active" && !(options.AllowPending && claims.Text("sts") is "pending"))
            return (null, "The session of the token is not active yet.");

        var client = party is { Length: > 0 } ? party : options.Name!;
        if (OutsideSessionId.Of(claims, subject, client, sidRequired: isClerk) is not { } session) return (null, "The token names no session.");

        return (new(options.Name!, plain.Issuer, subject, session, client, isClerk ? ClerkAge(claims) : SignedIn(claims), claims.Time("exp")!.Value, claims.Text("jti"), key.KeyId), null);
    }

    // A sign-in after the token was issued makes no sense; the earlier of the two is the careful answer.
    private static DateTimeOffset? SignedIn(JwtClaims claims) =>
        claims.Time("auth_time") is { } signedIn ? signedIn < claims.Time("iat") ? signedIn : claims.Time("iat") : null;

    /// <summary>
    /// <c>fva</c> counts whole minutes since the first factor was verified: the session began at some time within the minute after <c>iat − 60·(fva[0]+1)</c>.
    /// The beginning of that minute is taken, so that a cut-off never misses a session that is older than itself.
    /// </summary>
    private static DateTimeOffset? ClerkAge(JwtClaims claims) =>
        claims.TryGet("fva", out var fva) && fva.ValueKind is JsonValueKind.Array && fva.GetArrayLength() > 0
        && fva[0].ValueKind is JsonValueKind.Number && fva[0].TryGetInt32(out var minutes) && minutes >= 0
        && claims.Time("iat") is { } issued && issued - DateTimeOffset.UnixEpoch > TimeSpan.FromMinutes(minutes + 1.0)
            ? issued - TimeSpan.FromMinutes(minutes + 1.0)
            : null;
}
