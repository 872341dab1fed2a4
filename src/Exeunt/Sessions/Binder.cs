using System.Buffers.Text;
using System.Security.Cryptography;
using Exeunt.Keys;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Jose;

namespace Exeunt.Sessions;

/// <summary>
/// What ties a browser's storage to its cookie: base64url(key number 1, HMAC-SHA-256 of the sid 32 bytes). A page that deletes it, offline, has logged out,
/// because the cookie alone refreshes nothing; and a page of another origin cannot read it.
/// </summary>
internal static class Binder
{
    private const int Length = 1 + HMACSHA256.HashSizeInBytes;
    private const int TextLength = Length / 3 * 4;

    /// <summary>The binder of a session.</summary>
    public static string Write(ServerKeys keys, SessionId session)
    {
        Span<byte> made = stackalloc byte[Length];
        made[0] = keys.Newest;
        keys.Bind(keys.Newest, session.ToBytes(), made[1..]);
        return Base64Url.EncodeToString(made);
    }

    /// <summary>Whether this is the binder of the session, under any key that still counts.</summary>
    public static bool Fits(ServerKeys keys, SessionId session, ReadOnlySpan<char> text)
    {
        Span<byte> read = stackalloc byte[Length];
        if (text.Length != TextLength || !CanonicalBase64Url.TryDecode(text, read, out var written) || written != Length || !keys.Knows(read[0])) return false;

        Span<byte> right = stackalloc byte[HMACSHA256.HashSizeInBytes];
        keys.Bind(read[0], session.ToBytes(), right);
        return CryptographicOperations.FixedTimeEquals(right, read[1..]);
    }
}
