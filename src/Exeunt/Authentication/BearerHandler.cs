using System.Security.Claims;
using System.Text.Encodings.Web;
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

    // BRR-2, BRR-3: no credentials, no error code; anything else is invalid_token, and why is nobody's business but the owner's.
    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        var verdict = Context.Features.Get<BearerVerdict>();
        var (status, error, detail) = verdict switch
        {
            BearerVerdict.Malformed(var why) => (400, "invalid_request", why),
            BearerVerdict.Expired => (401, "invalid_token", "The access token has expired: refresh it, or sign in again."),
            BearerVerdict.Ended => (401, "invalid_token", "The session of this token has ended: sign in again."),
            BearerVerdict.Forged => (401, "invalid_token", "The access token is not one that this server accepts."),
            _ => (401, null, "Send an access token as: Authorization: Bearer <token>."),
        };
        Response.Headers.WWWAuthenticate = error is null
            ? "Bearer realm=\"exeunt\""
            : $"Bearer realm=\"exeunt\", error=\"{error}\", error_description=\"{detail.Replace("<", "", StringComparison.Ordinal).Replace(">", "", StringComparison.Ordinal)}\"";
        return (status == 400 ? Problems.BadRequest(detail) : Problems.Unauthenticated(detail)).ExecuteAsync(Context);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = "Bearer realm=\"exeunt\", error=\"insufficient_scope\"";
        return Problems.Forbidden("This needs the role 'admin'.").ExecuteAsync(Context);
    }
}

internal static class BearerExtensions
{
    extension(HttpContext http)
    {
        /// <summary>Who is asking, on routes that require authorization.</summary>
        public Identity Caller => http.Features.Get<Identity>() ?? throw new InvalidOperationException("The route does not require authorization.");
    }
}
