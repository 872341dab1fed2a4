using Exeunt.Authentication;
using Exeunt.Guard.Tokens;
using Exeunt.Http;
using Exeunt.Sessions;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Exeunt.ForwardAuth;

/// <summary>
/// Judges the request that a proxy holds back, by what it copied of it: the bearer token, from memory, or else the session cookie, which is looked at and does
/// not turn.
/// </summary>
internal sealed class ForwardAuthCheck(BearerTokens tokens, SessionCookie cookie, CheckRefreshToken refreshTokens)
{
    // Where the proxies put the client's own method: nginx by configuration, Traefik by itself; Envoy asks with the method itself.
    private static readonly string[] MethodHeaders = ["X-Original-Method", "X-Forwarded-Method"];

    /// <summary>Judges it. A bearer token decides alone, also when a cookie is there.</summary>
    public async ValueTask<ForwardAuthVerdict> JudgeAsync(HttpContext http)
    {
        var verdict = await tokens.ReadAsync(http);
        if (verdict is BearerVerdict.Live(var identity)) return new ForwardAuthVerdict.Allowed(ForwardAuthCaller.Of(identity.User, identity.Session, identity.Roles));
        if (verdict is BearerVerdict.Missing && SessionCookie.IsIn(http)) return await JudgeCookieAsync(http);

        var refusal = BearerRefusal.Of(verdict);
        return refusal.Status == 503 ? new ForwardAuthVerdict.Undecided() : new ForwardAuthVerdict.Unauthenticated(refusal.Challenge, refusal.Detail);
    }

    private async ValueTask<ForwardAuthVerdict> JudgeCookieAsync(HttpContext http)
    {
        if (cookie.Peek(http) is not { } token || await refreshTokens.FindAliveAsync(token, http.Origin.UserAgent, http.RequestAborted) is not var (session, user))
            return new ForwardAuthVerdict.Unauthenticated(BearerChallenge.Bare, "The session of this cookie is not alive: sign in again.");

        // A form of a neighbouring site is sent with the cookie, too (SameSite); the browser says where it stands.
        return IsSafe(http) || http.Request.Headers["Sec-Fetch-Site"] is ["same-origin"]
            ? new ForwardAuthVerdict.Allowed(ForwardAuthCaller.Of(user.Id, session.Id, user.Roles))
            : new ForwardAuthVerdict.Forbidden("By cookie, requests that change something are taken from pages of this origin only.");
    }

    // Every word about the method counts: of two headers one was sent by the client itself, and the proxy does not say which. A WebSocket is opened by GET, brings
    // the cookie along, and any page may read what it says.
    private static bool IsSafe(HttpContext http) =>
        !http.Request.Headers.ContainsKey(HeaderNames.SecWebSocketKey) && MethodHeaders.SelectMany(header => http.Request.Headers[header].AsEnumerable()).Append(http.Request.Method).All(method => method is "GET" or "HEAD" or "OPTIONS");
}
