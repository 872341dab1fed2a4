using Exeunt.Accounts;
using Exeunt.Hosting;
using Exeunt.Http;
using Microsoft.AspNetCore.Http;

namespace Exeunt.Sessions;

/// <summary>The answer to a sign-in and to a refresh (RFC 6749 §5.1, with the session and its owner beside the tokens).</summary>
internal sealed class TokenAnswer(TokenMint mint, SessionCookie cookie, SessionStreams streams, ExeuntOptions options)
{
    /// <summary>Fresh tokens for a live session.</summary>
    public FreshTokens Fresh(LiveSession live)
    {
        var expires = TokenMint.ExpiryOf(live.At, options.Tokens.Lifetime, live.Session.ExpiresAt);
        streams.Renew(live.Session.Id, expires);
        return new(mint.AccessToken(live.Session, live.User, live.At, options.Tokens.Lifetime), mint.RefreshToken(live.Session, live.Generation), (long)(expires - live.At).TotalSeconds);
    }

    /// <summary>Answers with fresh tokens; in cookie mode the refresh token goes into the cookie and nowhere else.</summary>
    public IResult To(HttpContext http, LiveSession live, bool byCookie)
    {
        var fresh = Fresh(live);
        var binder = byCookie ? cookie.Set(http, live, fresh.RefreshToken) : null;
        var answer = new SignedInResponse(
            fresh.AccessToken, byCookie ? null : fresh.RefreshToken, "Bearer", fresh.ExpiresIn, live.Session.Id.ToString(), UserView.Of(live.User), binder);
        return TypedResults.Json(answer, ExeuntJson.Default.SignedInResponse);
    }
}

/// <summary>The tokens that a session is answered with.</summary>
/// <param name="AccessToken">For APIs.</param>
/// <param name="RefreshToken">For the next refresh.</param>
/// <param name="ExpiresIn">Seconds until the access token expires.</param>
internal readonly record struct FreshTokens(string AccessToken, string RefreshToken, long ExpiresIn);
