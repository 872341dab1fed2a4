using System.Security.Claims;
using System.Text.Encodings.Web;
using Exeunt.Protocol.Jose;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace ProviderApi;

/// <summary>What a provider's token must be.</summary>
internal sealed class ProviderRules : AuthenticationSchemeOptions
{
    public string Issuer { get; set; } = "";

    public JwkSet Keys { get; set; } = JwkSet.Empty;
}

/// <summary>Takes the session tokens of a provider as Bearer. It knows nothing of Exeunt: what it says of its people, by their claims, is enough.</summary>
internal sealed class ProviderTokens(IOptionsMonitor<ProviderRules> options, ILoggerFactory loggers, UrlEncoder encoder) : AuthenticationHandler<ProviderRules>(options, loggers, encoder)
{
    public const string SchemeName = "Provider";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Request.Headers.Authorization is not [{ } header] || !header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)) return Task.FromResult(AuthenticateResult.NoResult());

        var rules = new JwtRules { Kind = TokenKind.ProviderSession, Algorithms = [JwsAlgorithm.RS256], Issuer = Options.Issuer, Audiences = [], Leeway = TimeSpan.FromSeconds(5) };
        if (JwtVerifier.Verify(header.AsSpan("Bearer ".Length), Options.Keys, rules, TimeProvider.GetUtcNow()) is not JwtVerdict.Valid(var claims, _))
            return Task.FromResult(AuthenticateResult.Fail("The token is not one of the provider's."));

        var identity = new ClaimsIdentity(SchemeName, "sub", "role");
        foreach (var name in new[] { "iss", "sub", "sid", "jti", "azp" })
        {
            if (claims.Text(name) is { } value) identity.AddClaim(new(name, value));
        }

        if (claims.Time("exp") is { } expires) identity.AddClaim(new("exp", $"{expires.ToUnixTimeSeconds()}")); // when what stays open is cut
        if (claims.Time("auth_time") is { } began) identity.AddClaim(new("auth_time", $"{began.ToUnixTimeSeconds()}"));
        return Task.FromResult(AuthenticateResult.Success(new(new ClaimsPrincipal(identity), SchemeName)));
    }
}
