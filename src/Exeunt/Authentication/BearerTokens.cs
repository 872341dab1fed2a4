using Exeunt.Guard;
using Exeunt.Hosting;
using Exeunt.Keys;
using Exeunt.Protocol.AccessTokens;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Exeunt.Authentication;

/// <summary>Judges the bearer token of a request: whose it is, whether it is authentic, and whether its session has ended. From memory alone.</summary>
public sealed class BearerTokens(ExeuntOptions options, SigningKeys keys, RevocationIndex index, RevocationRules rules, LedgerClock clock)
{
    private const string Scheme = "Bearer";

    private readonly AccessTokenVerifier verifier = new(rules.OwnIssuer, [options.Tokens.Audience]);

    /// <summary>Judges the request's <c>Authorization</c> header (RFC 6750 §2.1). Tokens in the address or in a form are never read.</summary>
    public ValueTask<BearerVerdict> ReadAsync(HttpContext http)
    {
        var headers = http.Request.Headers.Authorization;
        if (headers.Count == 0) return new(new BearerVerdict.Missing());
        if (headers.Count > 1) return new(new BearerVerdict.Malformed("Send one Authorization header, not several."));

        var header = headers.ToString().AsSpan();
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) return new(new BearerVerdict.Missing());
        var rest = header[Scheme.Length..];
        if (rest.IsEmpty || rest[0] != ' ' || rest.Trim(' ') is not { IsEmpty: false } token || token.Contains(' '))
            return new(new BearerVerdict.Malformed("Write the header as: Authorization: Bearer <token>."));

        return new(Judge(token));
    }

    private BearerVerdict Judge(ReadOnlySpan<char> token) => verifier.Verify(token, keys.Published, clock.GetUtcNow()) switch
    {
        AccessTokenVerdict.Valid(var access) when Identify(access) is { } identity =>
            IsRevoked(identity) ? new BearerVerdict.Ended(identity) : new BearerVerdict.Live(identity),
        AccessTokenVerdict.Expired(var access) when Identify(access) is { } identity => new BearerVerdict.Expired(identity),
        AccessTokenVerdict.Rejected(_, var detail) => new BearerVerdict.Forged(detail),
        _ => new BearerVerdict.Forged("The token names no session of this server."),
    };

    private bool IsRevoked(Identity identity)
    {
        var facts = new TokenFacts
        {
            Issuer = identity.Issuer,
            Subject = identity.Subject,
            Session = identity.Session.ToString(),
            OwnSession = identity.Session,
            TokenId = identity.TokenId,
            Client = identity.Client,
            KeyId = identity.KeyId,
        };
        return index.IsRevoked(facts);
    }

    private static Identity? Identify(AccessToken token) =>
        Id.TryParse<SessionId>(token.Sid, out var session) && Id.TryParse<UserId>(token.Subject, out var user)
            ? new(user, session, token.Issuer, token.Subject, token.ClientId, token.Roles, token.AuthTime, token.ExpiresAt, token.Jti, token.KeyId)
            : null;
}
