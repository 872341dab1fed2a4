using System.Text.Encodings.Web;
using Exeunt.Guard;
using Exeunt.Guard.Tokens;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Exeunt.BenchApi;

/// <summary>Bearer tokens, verified here; whether their session has ended is asked of whatever this side asks.</summary>
internal sealed class SessionHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder, SessionTokens tokens, EndedSessions ended)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var token = BearerHeader.Read(Request.Headers.Authorization, out _);
        if (token.IsEmpty) return AuthenticateResult.NoResult();
        if (tokens.Judge(token.Span, TimeProvider.GetUtcNow()) is not { } good) return AuthenticateResult.Fail("The token is not good.");
        if (await ended.HasEndedAsync(good.Token.Sid)) return AuthenticateResult.Fail("The session has ended.");

        Context.Features.Set(good);
        return AuthenticateResult.Success(new(good.ToPrincipal(Scheme.Name), Scheme.Name));
    }
}
