using Exeunt.Guard.Tokens;

namespace Exeunt.Authentication;

/// <summary>
/// Why a bearer is not let in, in the words of RFC 6750 §3.1. BRR-2, BRR-3: no credentials, no error code; anything else is <c>invalid_token</c>, and why is
/// nobody's business but the owner's.
/// </summary>
/// <param name="Status">400, 401, or 503 when nobody can say now.</param>
/// <param name="Error">The code for <c>WWW-Authenticate</c>; null for none.</param>
/// <param name="Detail">A sentence for people.</param>
internal readonly record struct BearerRefusal(int Status, string? Error, string Detail)
{
    /// <summary>Seconds after which a token that could not be judged is worth another try.</summary>
    public const string RetryAfter = "5";

    /// <summary>The value of <c>WWW-Authenticate</c>.</summary>
    public string Challenge => Error is null ? BearerChallenge.Bare : BearerChallenge.Of(Error, Detail);

    /// <summary>The refusal of everything that is not alive.</summary>
    public static BearerRefusal Of(BearerVerdict verdict) => verdict switch
    {
        BearerVerdict.Malformed(var why) => new(400, "invalid_request", why),
        BearerVerdict.Expired or BearerVerdict.Outside(_, OutsideStanding.Expired) => new(401, "invalid_token", "The access token has expired: refresh it, or sign in again."),
        BearerVerdict.Ended or BearerVerdict.Outside(_, OutsideStanding.Ended) => new(401, "invalid_token", "The session of this token has ended: sign in again."),
        BearerVerdict.Forged => new(401, "invalid_token", "The access token is not one that this server accepts."),

        // A 401 would send the caller into a circle of refreshes, for a token that may be good.
        BearerVerdict.Outside(_, OutsideStanding.NotRecorded) => new(503, null, "The session of this token is new, and the server cannot record it now. Try again in a second."),
        BearerVerdict.Stale => new(503, null, "Whether the session of this token has ended cannot be known now: the server does not reach its database. Try again in a few seconds."),
        BearerVerdict.Undecided => new(503, null, "The keys of this token's issuer could not be fetched yet. Try again in a few seconds."),
        _ => new(401, null, "Send an access token as: Authorization: Bearer <token>."),
    };
}
