using System.Text;

namespace Exeunt.LoadBench.Load;

/// <summary>The requests that are sent, written out beforehand.</summary>
internal static class Requests
{
    public static byte[] Get(string path, string? accessToken = null) => Text($"GET {path} HTTP/1.1\r\nHost: bench\r\n{Bearer(accessToken)}\r\n");

    public static byte[] Logout(string refreshToken) => PostToken("/api/v1/auth/logout", refreshToken);

    public static byte[] Refresh(string refreshToken) => PostToken("/api/v1/auth/refresh", refreshToken);

    public static byte[] LogoutAll(string accessToken) => Post("/api/v1/auth/logout-all", accessToken);

    /// <summary>A request with a JSON document as its body.</summary>
    public static byte[] PostJson(string path, string body, string headers = "") => Post(path, "application/json", body, headers);

    /// <summary>A request with a form as its body.</summary>
    public static byte[] PostForm(string path, string body, string headers = "") => Post(path, "application/x-www-form-urlencoded", body, headers);

    /// <summary>A request with an empty body.</summary>
    public static byte[] Post(string path, string? accessToken) => Text($"POST {path} HTTP/1.1\r\nHost: bench\r\nUser-Agent: bench\r\n{Bearer(accessToken)}Content-Length: 0\r\n\r\n");

    /// <summary>A request as it was written out; ASCII alone.</summary>
    public static byte[] Text(string text) => Encoding.ASCII.GetBytes(text);

    private static byte[] PostToken(string path, string refreshToken) => PostJson(path, $$"""{"refresh_token":"{{refreshToken}}"}""");

    private static byte[] Post(string path, string type, string body, string headers) =>
        Text($"POST {path} HTTP/1.1\r\nHost: bench\r\nUser-Agent: bench\r\n{headers}Content-Type: {type}\r\nContent-Length: {body.Length}\r\n\r\n{body}");

    private static string Bearer(string? accessToken) => accessToken is null ? "" : $"Authorization: Bearer {accessToken}\r\n";
}
