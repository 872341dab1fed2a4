using System.Security.Cryptography;
using System.Text;
using Exeunt.LoadBench.Load;
using Exeunt.LoadBench.Prepared;

namespace Exeunt.LoadBench.Peers;

/// <summary>better-auth on PostgreSQL: <c>benchmarks/peers/better-auth</c>. Its sessions are rows that cookies name, so there is nothing to refresh.</summary>
internal static class BetterAuthPeer
{
    public const string Name = "better-auth + PostgreSQL";

    public static Task<Contender> StartAsync(Amounts amounts, Databases databases, PeerSecrets secrets, Belongings belongings) => NodePeer.OnPostgresAsync(
        amounts, databases, secrets, Name, NodePeer.FolderIn(amounts.Bench, "better-auth"), new BetterAuthWire(secrets.Secret), belongings);
}

/// <summary>Its routes.</summary>
/// <param name="secret">What cookies are signed with: an answer to a sign-in has the cookie's token in its body.</param>
internal sealed class BetterAuthWire(string secret) : Wire
{
    private const string Origin = "Origin: http://bench\r\n"; // of the same site; without it, changes are refused

    public override byte[] Logout(Held session) => Requests.PostJson("/api/auth/sign-out", "{}", Origin + Cookie(session));

    public override bool IsLoggedOut(Answer answer) => answer.Status == 200 && answer.Body.Span.IndexOf("\"success\":true"u8) >= 0;

    public override byte[] Request(Held session) => Requests.Text($"GET /api/auth/get-session HTTP/1.1\r\nHost: bench\r\n{Cookie(session)}\r\n");

    public override bool IsLetIn(Answer answer) => answer.Status == 200 && answer.Body.Span.StartsWith("{\"session\":"u8);

    // Whoever has no session is told so, and not refused.
    public override bool IsRefused(Answer answer) => answer.Status == 200 && answer.Body.Span.SequenceEqual("null"u8);

    public override byte[] LogoutAll(Held session) => Requests.PostJson("/api/auth/revoke-sessions", "{}", Origin + Cookie(session));

    // It does not say how many those were.
    public override bool HasEnded(Answer answer, int sessions) => answer.Status == 200 && answer.Body.Span.IndexOf("\"status\":true"u8) >= 0;

    public override byte[] Login(string email, string password) => Requests.PostJson("/api/auth/sign-in/email", $$"""{"email":"{{email}}","password":"{{password}}"}""", Origin);

    public override Held SignedIn(Answer answer)
    {
        using var body = Read(answer);
        var token = body.RootElement.GetProperty("token").GetString()!;
        var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(token));
        return new(body.RootElement.GetProperty("user").GetProperty("id").GetString()!, Uri.EscapeDataString($"{token}.{Convert.ToBase64String(signature)}"));
    }

    private static string Cookie(Held session) => $"Cookie: better-auth.session_token={session.Refresh}\r\n";
}
