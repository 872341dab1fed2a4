using System.Text;

namespace Exeunt.LoadBench.Load;

/// <summary>The requests that are sent, written out beforehand.</summary>
internal static class Requests
{
    public static byte[] Get(string path, string? accessToken = null) => Text($"GET {path} HTTP/1.1\r\nHost: bench\r\n{Bearer(accessToken)}\r\n");

    public static byte[] Logout(string refreshToken) => PostToken("/api/v1/auth/logout", refreshToken);

    public static byte[] Refresh(string refreshToken) => PostToken("/api/v1/auth/refresh", refreshToken);

    public static byte[] LogoutAll(string accessToken) =>
        Text($"POST /api/v1/auth/logout-all HTTP/1.1\r\nHost: bench\r\nUser-Agent: bench\r\n{Bearer(accessToken)}Content-Length: 0\r\n\r\n");

    private static byte[] PostToken(string path, string refreshToken)
    {
        var body = $$"""{"refresh_token":"{{refreshToken}}"}""";
        return Text(
            $"POST {path} HTTP/1.1\r\nHost: bench\r\nUser-Agent: bench\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}");
    }

    private static string Bearer(string? accessToken) => accessToken is null ? "" : $"Authorization: Bearer {accessToken}\r\n";

    private static byte[] Text(string text) => Encoding.ASCII.GetBytes(text);
}
