using System.Text;

namespace Exeunt.Tests.Security.Hostile;

/// <summary>Bodies that are no JSON, or none that anybody asked for, at every route that reads one.</summary>
internal static class HostileBodies
{
    private static readonly (string Name, string Body)[] Bodies =
    [
        ("empty", ""), ("blanks", "  \r\n "), ("null", "null"), ("an array", "[]"), ("a string", "\"x\""), ("a number", "7"), ("a boolean", "true"), ("no members", "{}"),
        ("cut off", "{"), ("closed wrongly", "{]"), ("no value", "{\"email\":}"), ("no colon", "{\"email\"}"), ("two documents", "{}{}"), ("something behind", "{} x"),
        ("comments", "/* x */{}"), ("a trailing comma", "{\"email\":\"a@b.c\",}"), ("single quotes", "{'email':'a@b.c'}"), ("no quotes", "{email:1}"), ("NaN", "{\"email\":NaN}"),
        ("a thousand arrays", new string('[', 1000)), ("nine levels", "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}}"),
        ("5000 levels in a member", "{\"email\":" + string.Concat(Enumerable.Repeat("{\"a\":", 2500)) + "1" + new string('}', 2501)),
        ("emails twice", "{\"email\":\"a@b.c\",\"email\":\"d@e.f\",\"password\":\"x\"}"), ("tokens twice", "{\"refresh_token\":\"«refresh»\",\"refresh_token\":\"«refresh»\"}"),
        ("twice by escapes", "{\"refresh_token\":\"«refresh»\",\"refresh_\\u0074oken\":\"«refresh»\"}"), ("a token as a number", "{\"refresh_token\":7}"),
        ("a token as an array", "{\"refresh_token\":[\"«refresh»\"]}"), ("a token as an object", "{\"refresh_token\":{\"a\":1}}"), ("a tampered token", "{\"refresh_token\":\"«tampered refresh»\"}"),
        ("an access token as refresh token", "{\"refresh_token\":\"«access»\"}"), ("a refresh token in other letters", "{\"REFRESH_TOKEN\":\"«refresh»\"}"),
        ("an e-mail as a number", "{\"email\":1e400,\"password\":\"x\"}"), ("a huge number", "{\"email\":" + new string('9', 5000) + "}"), ("a password as an object", "{\"email\":\"a@b.co\",\"password\":{}}"),
        ("NUL in a string", "{\"email\":\"a\\u0000@b.c\",\"password\":\"x\"}"), ("NUL in the text", "{\"email\":\"a\0\"}"), ("half a surrogate", "{\"email\":\"\\ud800@b.c\",\"password\":\"\\udc00\"}"),
        ("bad UTF-8", "{\"email\":\"\u00ff\u00fe\"}"), ("overlong UTF-8", "{\"email\":\"\u00c0\u00af\"}"), ("cut UTF-8", "{\"email\":\"\u00e2\u0082\"}"), ("a UTF-8 mark", "\u00ef\u00bb\u00bf{}"),
        ("UTF-16", Encoding.Latin1.GetString(Encoding.Unicode.GetPreamble()) + Encoding.Latin1.GetString(Encoding.Unicode.GetBytes("{}"))), ("binary", "\u0001\u0002\u00ff\u00fe\0\0"),
        ("a type name", "{\"$type\":\"System.Diagnostics.Process\",\"__proto__\":{\"admin\":true}}"), ("SQL", "{\"email\":\"' OR 1=1; DROP TABLE users;--\",\"password\":\"' OR ''='\"}"),
        ("17 KiB", "{\"email\":\"" + new string('a', 17 * 1024) + "\"}"), ("70 KiB", new string(' ', 70 * 1024)), ("form fields", "refresh_token=«refresh»&email=a@b.c"), ("XML", "<!DOCTYPE x [<!ENTITY y SYSTEM \"file:///etc/passwd\">]><x>&y;</x>"),
    ];

    private static readonly (string Method, string Target, string? Token, Shape Shape)[] Routes =
    [
        ("POST", "/api/v1/auth/register", null, Shape.Problem), ("POST", "/api/v1/auth/login", null, Shape.Problem), ("POST", "/api/v1/auth/refresh", null, Shape.Problem),
        ("POST", "/api/v1/auth/logout", null, Shape.Problem), ("PUT", "/api/v1/users/me/password", "access", Shape.Problem), ("POST", "/api/v1/admin/endings", "admin", Shape.Problem),
        ("POST", "/api/auth/login", null, Shape.Template),
    ];

    public static IEnumerable<HostileRequest> Rows =>
        from route in Routes
        from body in Bodies
        select new HostileRequest(body.Name, route.Method, route.Target, 400, 401, 413, 422)
        {
            Headers = [.. route.Token is null ? Array.Empty<string>() : [$"Authorization: Bearer «{route.Token}»"], "Content-Type: application/json"],
            Body = body.Body,
            Shape = route.Shape,
        };
}
