using System.Security.Claims;
using Exeunt.Protocol.AccessTokens;
using Exeunt.Protocol.Revocations;

namespace Exeunt.Guard;

/// <summary>The verified token of a request, as a feature of it: <c>http.Features.Get&lt;GuardedToken&gt;()</c>.</summary>
public sealed class GuardedToken
{
    /// <summary>Type of the claim that <c>User.Identity.Name</c> is taken from.</summary>
    public const string NameClaim = "sub";

    /// <summary>Type of the claims that <c>IsInRole</c> looks at.</summary>
    public const string RoleClaim = "role";

    private readonly Claim[] claims;

    internal GuardedToken(AccessToken token)
    {
        (Token, Facts) = (token, token.ToFacts());
        claims =
        [
            new("iss", token.Issuer), new(NameClaim, token.Subject), new("sid", token.Sid), new("client_id", token.ClientId), new("jti", token.Jti),
            new("iat", $"{token.IssuedAt.ToUnixTimeSeconds()}", ClaimValueTypes.Integer64), new("exp", $"{token.ExpiresAt.ToUnixTimeSeconds()}", ClaimValueTypes.Integer64),
            .. token.Audiences.Select(audience => new Claim("aud", audience)), .. token.Roles.Select(role => new Claim(RoleClaim, role)),
            .. token.Amr.Select(method => new Claim("amr", method)),
            .. token.AuthTime is { } at ? [new Claim("auth_time", $"{at.ToUnixTimeSeconds()}", ClaimValueTypes.Integer64)] : Array.Empty<Claim>(),
        ];
    }

    /// <summary>What it says.</summary>
    public AccessToken Token { get; }

    /// <summary>The token as revocations see it.</summary>
    public TokenFacts Facts { get; }

    /// <summary>A principal of its own for each request: what one request adds to it, no other sees.</summary>
    internal ClaimsPrincipal ToPrincipal(string scheme) => new(new ClaimsIdentity(claims, scheme, NameClaim, RoleClaim));
}
