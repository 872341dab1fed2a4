namespace Exeunt.Tests.Security.Hostile;

/// <summary>What is tried at the forward-auth route, where anything but 200, 401 and 403 is trouble for a proxy, and at the OAuth routes.</summary>
internal static class HostileProxies
{
    private const string Check = "/api/v1/auth/check";

    private static readonly string[] Credentials =
    [
        "Authorization: Bearer «refresh»", "Authorization: Bearer «ended»", "Authorization: Bearer «tampered signature»", "Authorization: Bearer «expired»", "Authorization: Bearer «alg none»",
        "Authorization: Bearer", "Authorization: Bearer «access» «access»", "Authorization: Basic YTpi", "Cookie: __Host-exeunt=«access»", "Cookie: __Host-exeunt=«tampered refresh»",
        "Cookie: __host-exeunt=«refresh»", "Cookie: __Host-exeunt=«refresh»; __Host-exeunt=«refresh»", "X-Exeunt-Sub: «user»", "X-Original-URI: /?access_token=«access»", "Cookie: exeunt=«refresh»",
    ];

    private static readonly string[] Paths = ["", "/", "/x/y?z", "/%2e%2e%2fadmin", "//", "/;x", "/?access_token=«access»", "/%ff", "/current", "/<script>"];

    private static readonly string[] Bodies =
    [
        "", "token", "token=", "=", "&", "&&&&", "%", "token=%", "token=%zz", "token=%ff%fe", "token=\u00ff", "token=x&token=x", "token=«access»&token=«access»", "grant_type=refresh_token&grant_type=password",
        "token=«refresh»", "token=«access»", "grant_type=refresh_token&refresh_token=«refresh»", "token=«refresh»&client_id=",
        "token=«refresh»&client_id=default&client_secret=x", "token=«refresh»&client_assertion=«access»&client_id=default", "{\"token\":\"«refresh»\"}", "<token/>", "%00=%00",
        "grant_type=password&username=ada@example.com&password=x&client_id=default", "grant_type=refresh_token&refresh_token=«bobs refresh»&client_id=another",
    ];

    public static IEnumerable<HostileRequest> Rows =>
    [
        .. from credential in Credentials
           from method in new[] { "GET", "POST", "OPTIONS", "FOO" }
           select new HostileRequest(credential, method, Check, 401) { Headers = [credential] },
        .. Paths.Select(path => new HostileRequest("no credentials", "GET", Check + path, 401)),
        .. new[] { "POST", "PUT", "DELETE", "FOO" }.Select(method =>
            new HostileRequest("cookie from nowhere", method, Check, 403) { Headers = ["Cookie: __Host-exeunt=«refresh»"] }),
        .. new[] { "POST", "get", "TRACE", "", "GET, POST" }.Select(method =>
            new HostileRequest($"original method '{method}' by cookie", "GET", Check, 403) { Headers = ["Cookie: __Host-exeunt=«refresh»", "X-Original-Method: " + method, "Sec-Fetch-Site: same-site"] }),
        .. from route in new[] { "token", "revoke", "introspect" }
           from body in Bodies
           select new HostileRequest(body, "POST", "/oauth2/" + route, 400, 401) { Headers = ["Content-Type: application/x-www-form-urlencoded"], Body = body, Shape = Shape.OAuth },
        .. from route in new[] { "token", "revoke", "introspect" }
           from header in new[] { "Authorization: Basic", "Authorization: Basic !!!!", "Authorization: Basic YTpi", "Authorization: Bearer «access»", "Authorization: Basic " + new string('A', 600), "Authorization: x" }
           select new HostileRequest(header, "POST", "/oauth2/" + route, 401)
           {
               Headers = ["Content-Type: application/x-www-form-urlencoded", header], Body = "token=«refresh»&grant_type=refresh_token&refresh_token=«refresh»&client_id=default", Shape = Shape.OAuth,
           },
        .. from route in new[] { "token", "revoke", "introspect" }
           from type in new[] { "application/json", "text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded; charset=utf-7", "x" }
           select new HostileRequest("media type " + type, "POST", "/oauth2/" + route, 400) { Headers = ["Content-Type: " + type], Body = "token=«refresh»&client_id=default", Shape = Shape.OAuth },
        .. new[] { "token", "revoke", "introspect" }.Select(route => new HostileRequest("17 KiB", "POST", "/oauth2/" + route, 413)
        {
            Headers = ["Content-Type: application/x-www-form-urlencoded"], Body = "token=" + new string('x', 17 * 1024), Shape = Shape.OAuth,
        }),
        .. new[] { "token", "revoke", "introspect" }.Select(route => new HostileRequest("by GET", "GET", $"/oauth2/{route}?token=«refresh»&client_id=default", 405)),
        .. new[] { "/x", "/../jwks.json/x" }.Select(path => new HostileRequest("another issuer's", "GET", "/.well-known/oauth-authorization-server" + path, 404)),
    ];
}
