using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Exeunt.AspNetPeer;

/// <summary>Bearer tokens: verified as the framework's JWT scheme verifies them, then looked up in the list of ended sessions.</summary>
internal sealed class TokenScheme(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder, Tokens tokens, Store store)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string Name = "Bearer";

    private const string Prefix = Name + " ";

    public static Guid UserOf(ClaimsPrincipal caller) => Guid.Parse(caller.FindFirstValue("sub")!);

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Request.Headers.Authorization.ToString() is not { } header || !header.StartsWith(Prefix, StringComparison.Ordinal)) return AuthenticateResult.NoResult();
        if (await tokens.VerifyAsync(header[Prefix.Length..]) is not { } identity) return AuthenticateResult.Fail("The token is not good.");
        if (!Guid.TryParse(identity.FindFirst("sid")?.Value, out var sid) || await store.IsEndedAsync(sid)) return AuthenticateResult.Fail("The session has ended.");
        return AuthenticateResult.Success(new(new(identity), Name));
    }
}
