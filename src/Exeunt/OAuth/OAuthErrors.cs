using Exeunt.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Exeunt.OAuth;

/// <summary>The failures of the OAuth routes, in the form of RFC 6749 §5.2 rather than as problem documents (PD-4).</summary>
internal static class OAuthErrors
{
    /// <summary>What the refusal of a client says in <c>WWW-Authenticate</c>.</summary>
    public const string BasicChallenge = "Basic realm=\"exeunt\", charset=\"UTF-8\"";

    public static JsonHttpResult<OAuthError> InvalidRequest(string description, int status = 400) => Of(status, "invalid_request", description);

    /// <summary>Unknown, wrong or missing credentials of a client (INT-4, REV-3).</summary>
    public static JsonHttpResult<OAuthError> InvalidClient(HttpContext http, string description)
    {
        http.Response.Headers.WWWAuthenticate = BasicChallenge;
        return Of(401, "invalid_client", description);
    }

    /// <summary>Why the refresh token is of no use is nobody's business (BRR-9, BRR-10).</summary>
    public static JsonHttpResult<OAuthError> InvalidGrant() =>
        Of(400, "invalid_grant", "The refresh token is not valid: sign in again.");

    public static JsonHttpResult<OAuthError> UnsupportedGrantType() =>
        Of(400, "unsupported_grant_type", "The only grant type is refresh_token.");

    public static JsonHttpResult<OAuthError> InvalidScope() =>
        Of(400, "invalid_scope", "Tokens have no scopes here: leave 'scope' out.");

    public static JsonHttpResult<OAuthError> UnauthorizedClient(string scope) =>
        Of(403, "unauthorized_client", $"This client needs the scope '{scope}'.");

    /// <summary>The token may still exist, and the client should try again (REV-6).</summary>
    public static JsonHttpResult<OAuthError> Unavailable(HttpContext http)
    {
        http.Response.Headers.RetryAfter = "1"; // seconds
        return Of(503, "temporarily_unavailable", "The server cannot record or read anything now. Nothing was changed; try again in a second.");
    }

    private static JsonHttpResult<OAuthError> Of(int status, string error, string description) =>
        TypedResults.Json(new OAuthError(error, description), ExeuntJson.Default.OAuthError, statusCode: status);
}
