using Exeunt.Accounts;
using Exeunt.Hosting;
using Exeunt.Http;
using Microsoft.AspNetCore.Http;

namespace Exeunt.Sessions;

/// <summary>The answer to a sign-in and to a refresh (RFC 6749 §5.1, with the session and its owner beside the tokens).</summary>
internal sealed class TokenAnswer(TokenMint mint, SessionCookie cookie, ExeuntOptions options)
{
    /// <summary>Fresh tokens for a live session; in cookie mode the refresh token goes into the cookie and nowhere else.</summary>
    public IResult To(HttpContext http, LiveSession live, bool byCookie)
    {
        var lifetime = TokenMint.ExpiryOf(live.At, options.Tokens.Lifetime, live.Session.ExpiresAt) - live.At;
        var accessToken = mint.AccessToken(live.Session, live.User, live.At, options.Tokens.Lifetime);
        var refreshToken = mint.RefreshToken(live.Session, live.Generation);
        var binder = byCookie ? cookie.Set(http, live, refreshToken) : null;
        var answer = new SignedInResponse(
            accessToken, byCookie ? null : refreshToken, "Bearer", (long)lifetime.TotalSeconds, live.Session.Id.ToString(), UserView.Of(live.User), binder);
        return TypedResults.Json(answer, ExeuntJson.Default.SignedInResponse);
    }
}
