using Exeunt.Hosting;
using Exeunt.Http;
using Exeunt.Keys;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Exeunt.Sessions;

/// <summary>
/// Cookie mode, for browsers: the refresh token travels only in <c>__Host-exeunt</c>, where no script can read it. A request that lives on the cookie must
/// carry the header <c>X-Exeunt-Cookie</c>, which a page of another origin cannot send without being allowed to, and come from an origin of ours.
/// </summary>
internal sealed class SessionCookie(ServerKeys keys, ExeuntOptions options)
{
    /// <summary>The cookie. The prefix makes browsers insist on Secure, Path=/ and no Domain.</summary>
    public const string Name = "__Host-exeunt";

    /// <summary>The header: <c>1</c> at sign-in, the binder at refresh, anything at logout.</summary>
    public const string Header = "X-Exeunt-Cookie";

    private readonly string? ownOrigin = Uri.TryCreate(options.Server.Issuer, UriKind.Absolute, out var issuer) ? issuer.GetLeftPart(UriPartial.Authority) : null;

    /// <summary>Whether the request asks for cookie mode.</summary>
    public static bool IsAskedFor(HttpContext http) => http.Request.Headers.ContainsKey(Header);

    /// <summary>Why this request may not sign in by cookie mode; null when it may.</summary>
    public ProblemHttpResult? WhyNotSignIn(HttpContext http) => WhyNotHere(http) ?? (IsForeign(http, originRequired: false) ? Problems.ForeignOrigin() : null);

    /// <summary>The refresh token to refresh with: from the body, or from the cookie together with its binder.</summary>
    public Presented ForRefresh(HttpContext http, string? inBody)
    {
        if (inBody is not null) return Open(inBody, fromCookie: false);
        if (!IsAskedFor(http)) return Presented.Missing;
        if (WhyNotSignIn(http) is { } why) return new(null, false, why);

        var presented = Open(ValueIn(http), fromCookie: true);
        return presented.Token is { } token && !Binder.Fits(keys, token.Session, http.Request.Headers[Header].ToString())
            ? new(null, true, Problems.RefreshRefused())
            : presented;
    }

    /// <summary>
    /// The refresh token to log out with: from the body, or from the cookie, whose binder may be gone by then. A cookie needs the header and an
    /// <c>Origin</c> or <c>Sec-Fetch-Site</c> of ours, so that no other page can log anybody out.
    /// </summary>
    public Presented ForLogout(HttpContext http, string? inBody)
    {
        if (inBody is not null) return Open(inBody, fromCookie: false);
        if (ValueIn(http) is not { } inCookie) return IsAskedFor(http) ? new(null, true, Problems.RefreshRefused()) : Presented.Missing;
        if (!IsAskedFor(http)) return new(null, true, Problems.CookieHeaderMissing());
        return IsForeign(http, originRequired: true) ? new(null, true, Problems.ForeignOrigin()) : Open(inCookie, fromCookie: true);
    }

    /// <summary>The token in the request's cookie, whatever else the request is; null when there is none of ours.</summary>
    public RefreshToken? Peek(HttpContext http) => RefreshToken.TryOpen(keys, ValueIn(http), out var token) ? token : null;

    /// <summary>Whether the request brings the cookie, whatever is in it.</summary>
    public static bool IsIn(HttpContext http) => ValueIn(http) is not null;

    /// <summary>Gives the browser its refresh token, and the caller the binder.</summary>
    public string Set(HttpContext http, LiveSession live, string refreshToken)
    {
        // Max-Age rather than Expires: the browser's clock need not be right.
        http.Response.Cookies.Append(Name, refreshToken, Attributes(live.Session.AbsoluteExpiresAt - live.At));
        return Binder.Write(keys, live.Session.Id);
    }

    /// <summary>Takes the cookie away, if the request brought one. Browsers obey only with the same attributes as when it was set (CK-1).</summary>
    public static void Clear(HttpContext http)
    {
        if (ValueIn(http) is not null) http.Response.Cookies.Append(Name, "", Attributes(TimeSpan.Zero));
    }

    private static CookieOptions Attributes(TimeSpan age) => new() { HttpOnly = true, Secure = true, SameSite = SameSiteMode.Strict, Path = "/", MaxAge = age };

    // Letter for letter: some browsers enforce the prefix in this spelling only, so in another one a neighbouring domain may have set it. Nor can a browser
    // hold two of them; of two, nothing says which is the person's.
    private static string? ValueIn(HttpContext http)
    {
        string? found = null;
        foreach (var line in http.Request.Headers.Cookie)
        {
            foreach (var part in line.AsSpan().Split(';'))
            {
                var cookie = line.AsSpan(part).Trim();
                if (!cookie.StartsWith(Name, StringComparison.Ordinal) || cookie.Length == Name.Length || cookie[Name.Length] != '=') continue;
                if (found is not null) return "";
                found = cookie[(Name.Length + 1)..].ToString();
            }
        }

        return found;
    }

    private Presented Open(string? text, bool fromCookie) => RefreshToken.TryOpen(keys, text, out var token)
        ? new(token, fromCookie, null)
        : new(null, fromCookie, Problems.RefreshRefused());

    // Browsers drop a Secure cookie that comes over plain http, except from the machine they run on.
    private static ProblemHttpResult? WhyNotHere(HttpContext http) =>
        http.Request.IsHttps || http.Request.Host.Host is "localhost" or "127.0.0.1" or "[::1]" ? null : Problems.CookieNeedsHttps();

    private bool IsForeign(HttpContext http, bool originRequired)
    {
        var request = http.Request;
        string? origin = request.Headers.Origin;
        if (origin is not null) return origin != ownOrigin && origin != $"{request.Scheme}://{request.Host}" && !options.Server.AllowedOrigins.Contains(origin);
        string? site = request.Headers["Sec-Fetch-Site"];
        return site is null ? originRequired : site is not "same-origin";
    }
}

/// <summary>The refresh token that a request brought, or the problem to answer with.</summary>
/// <param name="Token">Sealed by this server.</param>
/// <param name="FromCookie">Whether it came in the cookie: then the answer's does too.</param>
/// <param name="Problem">Set exactly when there is no token.</param>
internal readonly record struct Presented(RefreshToken? Token, bool FromCookie, ProblemHttpResult? Problem)
{
    /// <summary>Neither body nor cookie brought one.</summary>
    public static Presented Missing => new(null, false, Problems.InvalidField("refresh_token", "Give the refresh token, or use cookie mode."));
}
