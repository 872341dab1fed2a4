namespace Exeunt.Tests.Security.Hostile;

/// <summary>Every kind of bad access token at every route that takes one.</summary>
internal static class HostileTokens
{
    private static readonly string[] Tokens =
    [
        "expired", "ended", "wrong audience", "wrong issuer", "no session", "no user", "stranger", "stranger with our kid", "unknown kid", "typ JWT", "no typ", "alg none",
        "alg HS256 with the public key", "crit", "embedded key", "tampered payload", "tampered signature", "cut signature", "without signature", "two parts", "four parts",
        "five parts", "padded", "array payload", "members twice", "exp as text", "no exp", "deep payload", "huge", "refresh", "binder",
    ];

    private static readonly (string Name, string[] Headers)[] Malformed =
    [
        ("Bearer and nothing", ["Authorization: Bearer"]), ("Bearer and blanks", ["Authorization: Bearer    "]), ("two tokens", ["Authorization: Bearer «access» «access»"]),
        ("a tab for the blank", ["Authorization: Bearer\t«access»"]), ("two headers", ["Authorization: Bearer «access»", "Authorization: Bearer «access»"]),
        ("two schemes", ["Authorization: Bearer «access»", "Authorization: Basic YTpi"]), ("no blank", ["Authorization: Bearer«access»"]),
    ];

    private static readonly (string Name, string[] Headers)[] Missing =
    [
        ("none", []), ("Basic", ["Authorization: Basic YTpi"]), ("an unknown scheme", ["Authorization: Negotiate abc"]), ("an empty header", ["Authorization: "]),
        ("in another header", ["X-Authorization: Bearer «access»"]), ("in a cookie", ["Cookie: access_token=«access»"]),
    ];

    private static readonly (string Method, string Target, Shape Shape)[] Routes =
    [
        ("GET", "/api/v1/users/me", Shape.Problem), ("PUT", "/api/v1/users/me/password", Shape.Problem), ("GET", "/api/v1/sessions", Shape.Problem),
        ("DELETE", "/api/v1/sessions", Shape.Problem), ("DELETE", "/api/v1/sessions/others", Shape.Problem), ("DELETE", "/api/v1/sessions/current", Shape.ProblemOrAlreadyEnded),
        ("DELETE", "/api/v1/sessions/«sid»", Shape.Problem), ("POST", "/api/v1/auth/logout-all", Shape.Problem), ("POST", "/auth/logout", Shape.Problem),
        ("GET", "/api/v1/admin/accounts", Shape.Problem), ("POST", "/api/v1/admin/endings", Shape.Problem), ("GET", "/api/user/profile", Shape.Template),
        ("POST", "/api/auth/logout", Shape.Template), ("DELETE", "/v1/auth/session", Shape.Forgiving),
    ];

    public static IEnumerable<HostileRequest> Rows =>
        from route in Routes
        from row in Tokens.Select(t => Row(route, t, [$"Authorization: Bearer «{t}»"], 401))
            .Concat(Malformed.Select(m => Row(route, m.Name, m.Headers, 400)))
            .Concat(Missing.Select(m => Row(route, "token " + m.Name, m.Headers, route.Target == "/api/v1/auth/logout-all" ? 403 : 401)))
            .Append(Row(route, "token in the query", [], route.Target == "/api/v1/auth/logout-all" ? 403 : 401) with { Target = route.Target + "?access_token=«access»" })
        select row;

    private static HostileRequest Row((string Method, string Target, Shape Shape) route, string name, string[] headers, int status) => new(name, route.Method, route.Target)
    {
        Headers = headers,
        Shape = route.Shape,
        Statuses = route.Shape switch
        {
            Shape.Forgiving => [200],
            Shape.Template when route.Method == "POST" => [200, 401],
            Shape.Template => [401],
            Shape.ProblemOrAlreadyEnded => [status, 200],
            _ => [status],
        },
    };
}
