namespace Exeunt.Tests.Security.Hostile;

/// <summary>Wrong methods and media types, broken framing, and too much of everything.</summary>
internal static class HostileTransport
{
    private const string Login = "/api/v1/auth/login";

    private static readonly string[] Methods = ["PATCH", "TRACE", "OPTIONS", "PROPFIND", "FOO", "POST-", "DELETE!"];

    private static readonly (string Target, string[] Right)[] Places =
    [
        (Login, ["POST"]), ("/api/v1/auth/register", ["POST"]), ("/api/v1/auth/refresh", ["POST"]), ("/api/v1/auth/logout", ["POST"]), ("/api/v1/auth/logout-all", ["POST"]),
        ("/api/v1/users/me", ["GET"]), ("/api/v1/users/me/password", ["PUT"]), ("/api/v1/sessions", ["GET", "DELETE"]), ("/api/v1/sessions/current", ["DELETE"]),
        ("/api/v1/admin/accounts", ["GET"]), ("/api/v1/admin/endings", ["POST"]), ("/auth/logout", ["POST"]), ("/api/auth/logout", ["POST"]), ("/api/user/profile", ["GET"]),
        ("/v1/auth/session", ["DELETE"]), ("/.well-known/jwks.json", ["GET"]), ("/openapi/v1.json", ["GET"]), ("/healthz", ["GET"]), ("/readyz", ["GET"]),
    ];

    private static readonly string[] MediaTypes =
    [
        "text/plain", "text/html", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/octet-stream", "application/jsonp",
        "application/jwt", "image/png", "*/*", "json", "application/", "/json", "application/json/x", ";", "application/x-json; charset=utf-8", "a/b; charset=\"", "application/logout+jwt",
    ];

    private static readonly HostileRequest[] Sizes =
    [
        new("65 headers", "GET", "/nowhere", 431) { Headers = [.. Enumerable.Range(0, 65).Select(i => $"X-{i}: y")] },
        new("one header of 17 KiB", "GET", "/nowhere", 431) { Headers = ["X-Large: " + new string('x', 17 * 1024)] },
        new("17 KiB of cookies", "GET", "/nowhere", 431) { Headers = ["Cookie: " + string.Concat(Enumerable.Range(0, 1950).Select(i => $"c{i:0000}=1; "))] },
        new("a token of 18 KiB", "GET", "/api/v1/users/me", 431) { Headers = ["Authorization: Bearer " + new string('a', 18 * 1024)] },
        new("300 headers", "GET", "/nowhere", 431) { Headers = [.. Enumerable.Range(0, 300).Select(i => $"X-{i}: y")], Shape = Shape.Bare },
        new("one header of 64 KiB", "GET", "/nowhere", 431) { Headers = ["X-Large: " + new string('x', 64 * 1024)], Shape = Shape.Bare },
        new("an address of 5 KiB", "GET", "/" + new string('a', 5 * 1024), 414),
        new("a query of 5 KiB", "GET", "/api/v1/users/me?" + new string('a', 5 * 1024), 414),
        new("an address of 20 KiB", "GET", "/" + new string('a', 20 * 1024), 414) { Shape = Shape.Bare },
        new("a body of 100 MB announced", "POST", Login, 413) { Headers = ["Content-Type: application/json", "Content-Length: 104857600"] },
        new("a body of 9 EB announced", "POST", Login, 413) { Headers = ["Content-Type: application/json", "Content-Length: 9223372036854775807"] },
        new("chunks of 20 KiB", "POST", Login, 413) { Headers = ["Content-Type: application/json", "Transfer-Encoding: chunked"], Body = Chunks(20, 1024) },
        new("chunks of 1 MiB", "POST", Login, 413) { Headers = ["Content-Type: application/json", "Transfer-Encoding: chunked"], Body = Chunks(64, 16 * 1024) },
    ];

    private static readonly HostileRequest[] Framing =
    [
        new("a chunk size that is none", "POST", Login, 400) { Headers = Chunked, Body = "zz\r\n{}\r\n0\r\n\r\n" },
        new("a negative chunk", "POST", Login, 400) { Headers = Chunked, Body = "-2\r\n{}\r\n0\r\n\r\n" },
        new("a chunk without its end", "POST", Login, 400) { Headers = Chunked, Body = "2\r\n{}0\r\n\r\n" },
        new("a chunk size of twenty digits", "POST", Login, 400, 413) { Headers = Chunked, Body = "FFFFFFFFFFFFFFFFFFFF\r\n{}\r\n" },
        new("an empty chunked body", "POST", Login, 400) { Headers = Chunked, Body = "0\r\n\r\n" },
        new("gzip that is none", "POST", Login, 400) { Headers = ["Content-Type: application/json", "Content-Encoding: gzip"], Body = "\u001f\u008b\u0008" },
        new("a body that breaks off", "POST", Login, 400) { Headers = ["Content-Type: application/json", "Content-Length: 500"], BreaksOff = true, Shape = Shape.ProblemOrClosed, Body = "{\"email\":" },
        new("chunks that break off", "POST", Login, 400) { Headers = Chunked, Body = "10\r\n{", BreaksOff = true, Shape = Shape.ProblemOrClosed },
        new("a GET with a body", "GET", "/api/v1/users/me", 401) { Headers = ["Content-Type: application/json"], Body = "{\"access_token\":\"«access»\"}" },
        Bare("a length that is no number", "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n{}"),
        Bare("a negative length", "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n{}"),
        Bare("two lengths", "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
        Bare("an unknown transfer coding", "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: snake\r\n\r\n{}"),
        Bare("no host", "GET /healthz HTTP/1.1\r\n\r\n"),
        Bare("two hosts", "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
        Bare("a host with a blank", "GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n"),
        Bare("no version", "GET /healthz\r\n\r\n"),
        Bare("no method", " /healthz HTTP/1.1\r\nHost: x\r\n\r\n"),
        Bare("not HTTP at all", "\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003\r\n\r\n"),
        Bare("a header without a colon", "GET /healthz HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n"),
        Bare("a folded header", "GET /healthz HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n"),
        Bare("NUL in a header", "GET /healthz HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n"),
        Bare("a header that is not UTF-8", "GET /api/v1/users/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \u00ff\u00fe\r\n\r\n"),
        Bare("NUL in the address", "GET /a%00b HTTP/1.1\r\nHost: x\r\n\r\n"),
        Bare("CONNECT", "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\nConnection: close\r\n\r\n"), // a well-formed one: the connection would stay open
    ];

    public static IEnumerable<HostileRequest> Rows =>
    [
        .. from place in Places
           from method in Methods
           select new HostileRequest("wrong method", method, place.Target, method is "POST-" or "DELETE!" ? [400, 405] : [405]),
        .. from place in Places
           from method in new[] { "GET", "POST", "PUT", "DELETE" }.Except(place.Right)
           where place.Target is not "/api/v1/sessions/current"
           select new HostileRequest("wrong method with a good token", method, place.Target, 405) { Headers = ["Authorization: Bearer «access»"] },
        .. Places.Select(place => new HostileRequest("HEAD", "HEAD", place.Target, 405) { Shape = Shape.Bare }),
        .. from type in MediaTypes
           from target in new[] { Login, "/api/v1/auth/register", "/api/v1/auth/refresh", "/api/v1/auth/logout" }
           select new HostileRequest("media type " + type, "POST", target, 415) { Headers = ["Content-Type: " + type], Body = "{\"refresh_token\":\"«refresh»\"}" },
        new("no media type", "POST", "/api/v1/auth/logout", 415) { Body = "{\"refresh_token\":\"«refresh»\"}" },
        new("UTF-16 announced", "POST", Login, 400, 415) { Headers = ["Content-Type: application/json; charset=utf-16"], Body = "{}" },
        .. Sizes,
        .. Framing,
    ];

    private static string[] Chunked => ["Content-Type: application/json", "Transfer-Encoding: chunked"];

    private static string Chunks(int count, int size) => string.Concat(Enumerable.Repeat($"{size:x}\r\n{new string(' ', size)}\r\n", count)) + "0\r\n\r\n";

    private static HostileRequest Bare(string name, string raw) => new(name, "(raw)", "") { Raw = raw, Shape = Shape.Bare };
}
