using System.Security.Claims;
using System.Text.Encodings.Web;
using Exeunt.Guard.Tokens;
using Exeunt.Http;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Exeunt.Authentication;

/// <summary>Lets routes say <c>RequireAuthorization()</c>. What it thinks of a request is kept in <c>http.Bearer</c>, for routes that must know more.</summary>
internal sealed class BearerHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder, BearerTokens tokens)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string SchemeName = "Bearer";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var verdict = await tokens.ReadAsync(Context);
        Context.Features.Set(verdict);
        if (verdict is BearerVerdict.Missing) return AuthenticateResult.NoResult();
        if (verdict is not BearerVerdict.Live(var identity)) return AuthenticateResult.Fail("The bearer token is not accepted.");

        Context.Features.Set(identity);
        var claims = new ClaimsIdentity([new("sub", identity.Subject), new("sid", identity.Session.ToString())], SchemeName, "sub", "role");
        foreach (var role in identity.Roles) claims.AddClaim(new("role", role));
        return AuthenticateResult.Success(new(new ClaimsPrincipal(claims), SchemeName));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        var refusal = BearerRefusal.Of(Context.Bearer);
        if (refusal.Status == 503)
        {
            Response.Headers.RetryAfter = BearerRefusal.RetryAfter;
            return Problems.CannotVerify(refusal.Detail).ExecuteAsync(Context);
        }

        Response.Headers.WWWAuthenticate = refusal.Challenge;
        return (refusal.Status == 400 ? Problems.BadRequest(refusal.Detail) : Problems.Unauthenticated(refusal.Detail)).ExecuteAsync(Context);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = BearerChallenge.InsufficientScope;
        return Problems.Forbidden("This needs the role 'admin'.").ExecuteAsync(Context);
    }
}

internal static class BearerExtensions
{
    extension(HttpContext http)
    {
        /// <summary>What is to be thought of the credentials of the request.</summary>
        public BearerVerdict Bearer => http.Features.Get<BearerVerdict>() ?? new BearerVerdict.Missing();

        /// <summary>Who is asking, on routes that require authorization.</summary>
        public Identity Caller => http.Features.Get<Identity>() ?? throw new InvalidOperationException("The route does not require authorization.");
    }
}
