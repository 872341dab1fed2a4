namespace Exeunt.Tests.Security.Hostile;

/// <summary>Addresses and queries that try something.</summary>
internal static class HostileAddresses
{
    private static readonly string[] Nowhere =
    [
        "/", "/api", "/api/v1", "/api/v2/users/me", "/API/V1/USERS", "/.env", "/.git/config", "/wp-login.php", "/etc/passwd", "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd",
        "/..%2f..%2fetc%2fpasswd", "/%c0%ae%c0%ae/etc/passwd", "/%ff%fe", "//", "///api//v1//users//me", "/api/v1/users/me/..;/admin", "/api/v1/users/me%2f..%2fadmin", "/api/v1/users/me%20",
        "/exeunt.db", "/keys/server-1.key", "/data/exeunt.db", "/appsettings.json", "/openapi/v2.json", "/openapi/..%2fv1.json", "/openapi/System.String.json", "/.well-known/", "/.well-known/jwks.json/x",
        "/healthz/x", "/%0d%0aSet-Cookie:x=y", "/<script>alert(1)</script>", "/'%20OR%201=1--", "/$%7Bjndi:ldap://evil.example%7D", "/%25%32%65", "/\u00e9", "/swagger", "/metrics", "/debug", "http://evil.example/nowhere",
    ];

    private static readonly string[] Sessions =
    [
        "«bobs sid»", "«nowhere sid»", "«user»", "ses_", "ses_00000000000000000000000000", "ses_zzzzzzzzzzzzzzzzzzzzzzzzzz", "SES_01", "x", "%20", "*", "null", "undefined", "0", "-1", "..%2f", "%ff",
        "'%20OR%20'1'='1", "current%20", "{sid}", "%F0%9F%98%80", "ses_%D9%A0%D9%A1",
    ];

    private static readonly string[] Queries =
    [
        "limit=0", "limit=201", "limit=-1", "limit=+5", "limit=1e2", "limit=0x10", "limit=%D9%A5", "limit=1&limit=2", "limit=", "limit=99999999999999999999", "cursor=x", "cursor=", "cursor=%00",
        "cursor=' OR 1=1", "cursor=«refresh»", "cursor=ses_00000000000000000000000000", "cursor=AAAAAAAAAAAAAAAAAAAAAA&cursor=x",
    ];

    public static IEnumerable<HostileRequest> Rows =>
    [
        .. Nowhere.Select(target => new HostileRequest("no such address", "GET", target, 404, 400) { Headers = ["Authorization: Bearer «access»"], Shape = target is "/\u00e9" or "http://evil.example/nowhere" ? Shape.Bare : Shape.Problem }),
        .. Sessions.Select(sid => new HostileRequest("no session of the caller's", "DELETE", "/api/v1/sessions/" + sid, 404) { Headers = ["Authorization: Bearer «access»"] }),
        new("NUL in a session's id", "DELETE", "/api/v1/sessions/ses_01%00", 400) { Headers = ["Authorization: Bearer «access»"], Shape = Shape.Bare },
        .. Queries.Select(query => new HostileRequest("no such page", "GET", "/api/v1/sessions?" + query.Replace(" ", "%20", StringComparison.Ordinal), 400) { Headers = ["Authorization: Bearer «access»"] }),
        .. Queries.Except(["limit=", "cursor=", "limit=201"]).Select(query => new HostileRequest("no such page", "GET", "/api/v1/admin/accounts?" + query.Replace(" ", "%20", StringComparison.Ordinal), 400) { Headers = ["Authorization: Bearer «admin»"] }),
        .. Queries.Except(["limit=", "cursor=", "limit=201"]).Select(query => new HostileRequest("no such page", "GET", "/api/v1/admin/audit?" + query.Replace(" ", "%20", StringComparison.Ordinal), 400) { Headers = ["Authorization: Bearer «admin»"] }),
    ];
}
