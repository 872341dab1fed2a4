using System.Buffers;
using System.Text;

namespace Exeunt.Protocol.Jose;

/// <summary>
/// Decides whether a token is to be believed (RFC 7515 §5.2, RFC 7519 §7.2, RFC 8725). No token, however malformed, makes it throw, and claims are read only
/// after the signature was found right, so that the answers tell a forger nothing.
/// </summary>
public static class JwtVerifier
{
    private const int LongestToken = 16 * 1024; // characters

    private static readonly JwtVerdict.Rejected TooLarge = new(JwtRejection.TooLarge, "The token is longer than 16 KiB.");
    private static readonly JwtVerdict.Rejected NotCompact = new(JwtRejection.Malformed, "The token is not three parts of canonical base64url.");
    private static readonly JwtVerdict.Rejected BadHeader = new(JwtRejection.Malformed, "The header of the token is not a JSON object with alg.");
    private static readonly JwtVerdict.Rejected BadPayload = new(JwtRejection.Malformed, "The payload of the token is not one strict JSON object.");
    private static readonly JwtVerdict.Rejected Extension = new(JwtRejection.UnknownExtension, "The token demands an extension that is not understood.");
    private static readonly JwtVerdict.Rejected WrongType = new(JwtRejection.WrongType, "The token is of another type.");
    private static readonly JwtVerdict.Rejected WrongAlgorithm = new(JwtRejection.WrongAlgorithm, "The algorithm of the token is not accepted.");
    private static readonly JwtVerdict.Rejected UnknownKey = new(JwtRejection.UnknownKey, "The token is signed with a key that is not known.");
    private static readonly JwtVerdict.Rejected WrongSignature = new(JwtRejection.WrongSignature, "The signature of the token is wrong.");

    /// <summary>Verifies a token in compact form.</summary>
    /// <param name="token">The token, without anything around it.</param>
    /// <param name="keys">The keys of the one issuer that <paramref name="rules"/> names.</param>
    /// <param name="rules">What is demanded.</param>
    /// <param name="now">The instant to judge <c>exp</c>, <c>nbf</c> and <c>iat</c> by.</param>
    public static JwtVerdict Verify(ReadOnlySpan<char> token, JwkSet keys, JwtRules rules, DateTimeOffset now)
    {
        if (token.Length > LongestToken) return TooLarge;

        // The parts, decoded, need less than the text; the signed text itself comes before them.
        var buffer = ArrayPool<byte>.Shared.Rent(2 * token.Length);
        var verdict = Verify(token, buffer, keys, rules, now);
        ArrayPool<byte>.Shared.Return(buffer, clearArray: true); // it holds a credential
        return verdict;
    }

    private static JwtVerdict Verify(ReadOnlySpan<char> token, Span<byte> buffer, JwkSet keys, JwtRules rules, DateTimeOffset now)
    {
        var first = token.IndexOf('.');
        var last = token.LastIndexOf('.');
        if (first <= 0 || last <= first + 1 || last == token.Length - 1) return NotCompact; // a point inside the payload is no base64url

        if (!CanonicalBase64Url.TryDecode(token[..first], buffer, out var written)) return NotCompact;
        var headerUtf8 = Cut(ref buffer, written);
        if (!CanonicalBase64Url.TryDecode(token[(first + 1)..last], buffer, out written)) return NotCompact;
        var payload = Cut(ref buffer, written);
        if (!CanonicalBase64Url.TryDecode(token[(last + 1)..], buffer, out written)) return NotCompact;
        var signature = Cut(ref buffer, written);

        if (JwsHeader.Parse(headerUtf8) is not { } header) return BadHeader;
        if (header.HasExtension) return Extension;
        if (!rules.Kind.Accepts(header.Type)) return WrongType;
        if (JwsAlgorithms.Parse(header.Algorithm) is not { } algorithm || !rules.Algorithms.Contains(algorithm)) return WrongAlgorithm;
        if (keys.Find(header.KeyId, algorithm) is not { } key) return keys.Knows(header.KeyId) ? WrongAlgorithm : UnknownKey;

        var signed = Cut(ref buffer, Encoding.ASCII.GetBytes(token[..last], buffer)); // as received, never written anew
        if (!key.Verify(signed, signature)) return WrongSignature;

        return StrictJson.ParseObject(payload) is { } claims ? ClaimRules.Judge(new(claims), key, rules, now) : BadPayload;
    }

    private static Span<byte> Cut(ref Span<byte> buffer, int length)
    {
        var part = buffer[..length];
        buffer = buffer[length..];
        return part;
    }
}
