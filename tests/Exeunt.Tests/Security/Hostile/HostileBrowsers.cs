namespace Exeunt.Tests.Security.Hostile;

/// <summary>Cookies, binders and origins that are not what they seem.</summary>
internal static class HostileBrowsers
{
    private const string Refresh = "/api/v1/auth/refresh";
    private const string Logout = "/api/v1/auth/logout";

    private static readonly string[] Cookies =
    [
        "__Host-exeunt=", "__Host-exeunt=x", "__Host-exeunt=«access»", "__Host-exeunt=«tampered refresh»", "__host-exeunt=«refresh»", "exeunt=«refresh»", "__Host-exeunt", "=«refresh»",
        "__Host-exeunt=\"«tampered refresh»\"", "__Host-exeunt=%00", "__Host-exeunt=exr_", "__Host-exeunt=x; __Host-exeunt=y", ";;;;", "__Host-exeunt=«binder»",
    ];

    private static readonly string[] Binders = ["1", "x", "«refresh»", "«access»", "AAAA", "====", "«binder»A", "«binder»=", "*", "null", "true", "-", "__Host-exeunt"];

    private static readonly string[] Origins =
    [
        "https://evil.example", "http://127.0.0.1.evil.example", "https://exeunt.test.evil.example", "https://exeunt.test:8443", "https://sub.exeunt.test", "http://exeunt.test", "null", "file://", "*",
        "https://exeunt.test, https://evil.example", "https://EXEUNT.test", "https://exeunt.test/", "chrome-extension://abc", "x",
    ];

    public static IEnumerable<HostileRequest> Rows =>
    [
        .. Cookies.Select(cookie => new HostileRequest("cookie " + cookie, "POST", Refresh, 401) { Headers = ["Cookie: " + cookie, "X-Exeunt-Cookie: «binder»"] }),
        .. Cookies.Select(cookie => new HostileRequest("cookie " + cookie, "POST", Logout, 401) { Headers = ["Cookie: " + cookie, "X-Exeunt-Cookie: 1", "Sec-Fetch-Site: same-origin"] }),
        .. Binders.Select(binder => new HostileRequest("binder " + binder, "POST", Refresh, 401) { Headers = ["Cookie: «cookie»", "X-Exeunt-Cookie: " + binder] }),
        new("two binders", "POST", Refresh, 401) { Headers = ["Cookie: «cookie»", "X-Exeunt-Cookie: «binder»", "X-Exeunt-Cookie: «binder»"] },
        new("cookie alone", "POST", Refresh, 400) { Headers = ["Cookie: «cookie»"] },
        new("cookie alone", "POST", Logout, 403) { Headers = ["Cookie: «cookie»", "Origin: https://exeunt.test"] },
        new("cookie and header but no origin", "POST", Logout, 403) { Headers = ["Cookie: «cookie»", "X-Exeunt-Cookie: 1"] },
        .. Origins.Select(origin => new HostileRequest("origin " + origin, "POST", Logout, 403) { Headers = ["Cookie: «cookie»", "X-Exeunt-Cookie: 1", "Origin: " + origin] }),
        .. Origins.Select(origin => new HostileRequest("origin " + origin, "POST", Refresh, 403) { Headers = ["Cookie: «cookie»", "X-Exeunt-Cookie: «binder»", "Origin: " + origin] }),
        .. new[] { "cross-site", "same-site", "none", "x", "SAME-ORIGIN" }.Select(site =>
            new HostileRequest("Sec-Fetch-Site " + site, "POST", Logout, 403) { Headers = ["Cookie: «cookie»", "X-Exeunt-Cookie: 1", "Sec-Fetch-Site: " + site] }),
        new("plain http to another machine", "POST", "/api/v1/auth/login", 400)
        {
            Raw = "POST /api/v1/auth/login HTTP/1.1\r\nHost: exeunt.test\r\nConnection: close\r\nX-Exeunt-Cookie: 1\r\nContent-Length: 0\r\n\r\n",
        },
        new("a trusted-looking proxy", "POST", "/api/v1/auth/login", 400)
        {
            Raw = "POST /api/v1/auth/login HTTP/1.1\r\nHost: exeunt.test\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: localhost\r\nConnection: close\r\nX-Exeunt-Cookie: 1\r\nContent-Length: 0\r\n\r\n",
        },
    ];
}
