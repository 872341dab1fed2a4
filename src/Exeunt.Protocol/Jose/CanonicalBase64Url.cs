using System.Buffers;
using System.Buffers.Text;

namespace Exeunt.Protocol.Jose;

/// <summary>
/// Base64url as RFC 7515 §2 means it, and only that: no padding, no white space, and unused bits zero. The framework's decoder forgives the first two,
/// which would give one token many spellings.
/// </summary>
public static class CanonicalBase64Url
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    private static readonly SearchValues<char> Allowed = SearchValues.Create(Alphabet);

    /// <summary>Decodes into the start of <paramref name="into"/>, which must be at least ¾ as long as the text.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> into, out int written)
    {
        written = 0;
        if (text.ContainsAnyExcept(Allowed)) return false;

        var unusedBits = (text.Length % 4) switch { 0 => 0, 2 => 4, 3 => 2, _ => -1 };
        if (unusedBits < 0) return false; // one character alone is six bits: not a byte
        if (unusedBits > 0 && (Alphabet.IndexOf(text[^1], StringComparison.Ordinal) & ((1 << unusedBits) - 1)) != 0) return false;

        return Base64Url.TryDecodeFromChars(text, into, out written);
    }

    /// <returns>The bytes, or <see langword="null"/> when the text is not canonical base64url.</returns>
    public static byte[]? Decode(string? text)
    {
        if (text is null) return null;

        var bytes = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        if (!TryDecode(text, bytes, out var written)) return null;

        return written == bytes.Length ? bytes : bytes[..written];
    }
}
