using System.Diagnostics;
using Exeunt.Protocol.Jose;

namespace Exeunt.Protocol.AccessTokens;

/// <summary>
/// Verifies access tokens as RFC 9068 §4 demands. The server and the guards of APIs use this one class, so they cannot disagree.
/// Immutable; safe for every thread.
/// </summary>
public sealed class AccessTokenVerifier
{
    private readonly JwtRules rules;

    /// <param name="issuer">What <c>iss</c> must be, exactly.</param>
    /// <param name="audiences">The names of this API; one of them must be in <c>aud</c>.</param>
    /// <param name="leeway">How far the clocks of server and API may be apart; at most 5 minutes.</param>
    /// <exception cref="ArgumentException">The issuer is empty, or no audience is given.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The leeway is negative or longer than 5 minutes.</exception>
    public AccessTokenVerifier(string issuer, IReadOnlyList<string> audiences, TimeSpan leeway = default)
    {
        if (audiences is not [_, ..]) throw new ArgumentException("An API that names no audience would take tokens meant for others.", nameof(audiences));

        rules = new()
        {
            Kind = TokenKind.AccessToken,
            Algorithms = [JwsAlgorithm.ES256, JwsAlgorithm.RS256],
            Issuer = issuer,
            Audiences = audiences,
            Leeway = leeway,
        };
    }

    /// <summary>Verifies a token. Whether its session has ended is asked afterwards, of the revocation index.</summary>
    /// <param name="token">The token as it came, without <c>Bearer</c>.</param>
    /// <param name="keys">The keys of the issuer.</param>
    /// <param name="now">The instant to judge by.</param>
    public AccessTokenVerdict Verify(ReadOnlySpan<char> token, JwkSet keys, DateTimeOffset now) => JwtVerifier.Verify(token, keys, rules, now) switch
    {
        JwtVerdict.Valid(var claims, var key) => Read(claims, key) is { } facts ? new AccessTokenVerdict.Valid(facts) : Malformed,
        JwtVerdict.Expired(var claims, var key) => Read(claims, key) is { } facts ? new AccessTokenVerdict.Expired(facts) : Malformed,
        JwtVerdict.Rejected(var code, var detail) => new AccessTokenVerdict.Rejected(code, detail),
        _ => throw new UnreachableException(),
    };

    private static AccessTokenVerdict.Rejected Malformed { get; } = new(JwtRejection.MalformedClaim, "A claim of the access token has a wrong type.");

    /// <returns><see langword="null"/> when a claim has a type it cannot have. Those that every token has were judged before.</returns>
    private AccessToken? Read(JwtClaims claims, VerificationKey key)
    {
        if (claims.Text("client_id") is not { } clientId || claims.Text("sid") is not { } sid) return null;
        if (claims.Has("auth_time") && claims.Time("auth_time") is null) return null;
        if (claims.Has("amr") && claims.Texts("amr") is null) return null;
        if (claims.Has("roles") && claims.Texts("roles") is null) return null;

        return new()
        {
            Issuer = rules.Issuer, // judged to be the same text: one string for all tokens, found faster by what asks for it
            Subject = claims.Text("sub")!,
            Audiences = claims.Audience!,
            ClientId = clientId,
            Jti = claims.Text("jti")!,
            Sid = sid,
            IssuedAt = claims.Time("iat")!.Value,
            ExpiresAt = claims.Time("exp")!.Value,
            AuthTime = claims.Time("auth_time"),
            Amr = claims.Texts("amr") ?? [],
            Roles = claims.Texts("roles") ?? [],
            KeyId = key.KeyId,
        };
    }
}
