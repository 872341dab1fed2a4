using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Exeunt.Protocol.Jose;

namespace Exeunt.Providers;

/// <summary>
/// Which session an outside token belongs to. A <c>sid</c> says it. Without one, the best that the token offers is taken, from claims alone, so that everyone
/// who verifies the token comes to the same answer:
/// <list type="number">
/// <item><c>auth_time</c>: all tokens of one user and client that go back to the same sign-in are one session.</item>
/// <item><c>jti</c>, or else <c>iat</c> and <c>exp</c>: nothing joins this token to any other, so it is a session of its own.</item>
/// </list>
/// Names made here begin with <c>~</c>, which no <c>sid</c> may, so that neither can pass for the other.
/// </summary>
internal static class OutsideSessionId
{
    /// <summary>Characters of a <c>sid</c>, a <c>sub</c> or a client at most (OpenID Connect Core §2 says so of <c>sub</c>).</summary>
    public const int Longest = 255;

    private const string Derived = "~";

    /// <returns><see langword="null"/> when there is a <c>sid</c> that cannot be one, or none although the provider's kind demands it.</returns>
    public static string? Of(JwtClaims claims, string subject, string client, bool sidRequired)
    {
        if (claims.Has("sid"))
            return claims.Text("sid") is { Length: > 0 and <= Longest } sid && !sid.StartsWith(Derived, StringComparison.Ordinal) && !sid.Any(char.IsControl) ? sid : null;
        if (sidRequired) return null;

        if (claims.Time("auth_time") is { } signedIn) return Hash("sign-in", subject, client, Seconds(signedIn));
        return claims.Text("jti") is { Length: > 0 } id
            ? Hash("token", subject, id)
            : Hash("unnamed token", subject, client, Seconds(claims.Time("iat")!.Value), Seconds(claims.Time("exp")!.Value));
    }

    private static string Seconds(DateTimeOffset time) => time.ToUnixTimeSeconds().ToString();

    // Every part is preceded by its length: no two lists of parts are the same bytes.
    private static string Hash(params ReadOnlySpan<string> parts)
    {
        var text = new StringBuilder();
        foreach (var part in parts) text.Append(part.Length).Append(':').Append(part);
        return Derived + Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }
}
