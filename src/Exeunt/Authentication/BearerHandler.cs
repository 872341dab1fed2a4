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

    // BRR-2, BRR-3: no credentials, no error code; anything else is invalid_token, and why is nobody's business but the owner's.
    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        var (status, error, detail) = Context.Bearer switch
        {
            BearerVerdict.Malformed(var why) => (400, "invalid_request", why),
            BearerVerdict.Expired or BearerVerdict.Outside(_, OutsideStanding.Expired) => (401, "invalid_token", "The access token has expired: refresh it, or sign in again."),
            BearerVerdict.Ended or BearerVerdict.Outside(_, OutsideStanding.Ended) => (401, "invalid_token", "The session of this token has ended: sign in again."),
            BearerVerdict.Forged => (401, "invalid_token", "The access token is not one that this server accepts."),

            // A 401 would send the caller into a circle of refreshes, for a token that may be good.
            BearerVerdict.Outside(_, OutsideStanding.NotRecorded) => (503, null, "The session of this token is new, and the server cannot record it now. Try again in a second."),
            BearerVerdict.Undecided => (503, null, "The keys of this token's issuer could not be fetched yet. Try again in a few seconds."),
            _ => (401, null, "Send an access token as: Authorization: Bearer <token>."),
        };
        if (status == 503)
        {
            Response.Headers.RetryAfter = "5"; // seconds
            return Problems.CannotVerify(detail).ExecuteAsync(Context);
        }

        Response.Headers.WWWAuthenticate = error is null ? BearerChallenge.Bare : BearerChallenge.Of(error, detail);
        return (status == 400 ? Problems.BadRequest(detail) : Problems.Unauthenticated(detail)).ExecuteAsync(Context);
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
