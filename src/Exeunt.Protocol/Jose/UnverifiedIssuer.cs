using System.Buffers;

namespace Exeunt.Protocol.Jose;

/// <summary>
/// Reads <c>iss</c> of a token that nobody has verified, for one purpose: to choose whose rules and keys it is verified with. Each verifier compares
/// <c>iss</c> again, so a token that lies here is only refused by somebody else.
/// </summary>
public static class UnverifiedIssuer
{
    private const int LongestToken = 16 * 1024; // characters, as the verifier takes them

    /// <returns><see langword="null"/> when the token is not three parts with a JSON object in the middle that says so.</returns>
    public static string? Of(ReadOnlySpan<char> token)
    {
        var first = token.IndexOf('.');
        var last = token.LastIndexOf('.');
        if (token.Length > LongestToken || first <= 0 || last <= first + 1) return null;

        var payload = token[(first + 1)..last];
        var buffer = ArrayPool<byte>.Shared.Rent(payload.Length);
        var issuer = CanonicalBase64Url.TryDecode(payload, buffer, out var written) ? StrictJson.ParseObject(buffer.AsSpan(0, written))?.Text("iss") : null;
        ArrayPool<byte>.Shared.Return(buffer, clearArray: true); // it speaks of a person
        return issuer;
    }
}
