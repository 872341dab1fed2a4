using Exeunt.Guard.Tokens;
using Microsoft.AspNetCore.Http;

namespace Exeunt.Guard.Hosting;

/// <summary>How a request is refused (RFC 6750 §3): the status, and what the caller can do about it. It tells no more than the owner of a good token may know.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Reason">What metrics count it as.</param>
/// <param name="Error">The error code of <c>WWW-Authenticate</c>; null for none.</param>
/// <param name="Detail">Why, for people.</param>
internal sealed record Refusal(int Status, string Reason, string? Error, string Detail)
{
    private const string RetryAfterSeconds = "5"; // a heartbeat

    public static Refusal Missing { get; } = new(401, "missing", null, "Send an access token as: Authorization: Bearer token.");

    public static Refusal Revoked { get; } = new(401, "revoked", "invalid_token", "The session of this token has ended: sign in again.");

    public static Refusal Expired { get; } = new(401, "expired", "invalid_token", "The access token has expired: refresh it, or sign in again.");

    public static Refusal Invalid { get; } = new(401, "invalid", "invalid_token", "The access token is not one that this API accepts.");

    public static Refusal NotAllowed { get; } = new(403, "forbidden", "insufficient_scope", "The token does not open this.");

    /// <summary>Not 401: that would send callers with good tokens into a circle of refreshes.</summary>
    public static Refusal Stale { get; } = new(503, "stale", null, "Whether the session of this token has ended cannot be known now.");

    public static Refusal NoKeys { get; } = new(503, "no_keys", null, "The keys of the issuer could not be fetched yet.");

    public static Refusal TooMany { get; } = new(503, "connections", null, "There are as many open connections as there may be.");

    public static Refusal Malformed(string detail) => new(400, "malformed", "invalid_request", detail);

    public void WriteTo(HttpResponse response)
    {
        response.StatusCode = Status;
        response.Headers.CacheControl = "no-store";
        if (Status == StatusCodes.Status503ServiceUnavailable)
        {
            response.Headers.RetryAfter = RetryAfterSeconds;
            return;
        }

        response.Headers.WWWAuthenticate = Error is null ? BearerChallenge.Bare : Status == 403 ? BearerChallenge.InsufficientScope : BearerChallenge.Of(Error, Detail);
        response.Headers.Append("Access-Control-Expose-Headers", "WWW-Authenticate"); // BRR-7: the page that asked may read why
    }
}
