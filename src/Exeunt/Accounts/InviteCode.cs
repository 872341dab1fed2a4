using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Exeunt.Keys;
using Exeunt.Protocol.Jose;

namespace Exeunt.Accounts;

/// <summary>
/// An invitation to register with one e-mail address, until a time: <c>exi_</c> + base64url(version 1, key number 1, expiry 8, mac 32 bytes). It needs no table:
/// the mac covers the address, and an address registers only once, so a code works only once.
/// </summary>
public static class InviteCode
{
    /// <summary>What secret scanners look for.</summary>
    public const string Prefix = "exi_";

    private const byte Version = 1;
    private const int MacAt = 1 + 1 + 8;
    private const int Length = MacAt + HMACSHA256.HashSizeInBytes;
    private const int TextLength = Length / 3 * 4;

    /// <summary>Writes a code.</summary>
    /// <param name="keys">The server's secrets.</param>
    /// <param name="email">Who may register with it.</param>
    /// <param name="expires">Until when, to the second.</param>
    public static string Write(ServerKeys keys, string email, DateTimeOffset expires)
    {
        Span<byte> made = stackalloc byte[Length];
        made[0] = Version;
        made[1] = keys.Newest;
        BinaryPrimitives.WriteInt64BigEndian(made[2..], expires.ToUnixTimeSeconds());
        Mac(keys, made[..MacAt], email, made[MacAt..]);
        return Prefix + Base64Url.EncodeToString(made);
    }

    /// <summary>Whether the code is ours, for this address, and not past its time.</summary>
    public static bool Admits(ServerKeys keys, string? code, string email, DateTimeOffset now)
    {
        if (code is null || code.Length != Prefix.Length + TextLength || !code.StartsWith(Prefix, StringComparison.Ordinal)) return false;

        Span<byte> read = stackalloc byte[Length];
        if (!CanonicalBase64Url.TryDecode(code.AsSpan(Prefix.Length), read, out var written) || written != Length) return false;
        if (read[0] != Version || !keys.Knows(read[1])) return false;

        Span<byte> right = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Mac(keys, read[..MacAt], email, right);
        return CryptographicOperations.FixedTimeEquals(right, read[MacAt..]) && now.ToUnixTimeSeconds() < BinaryPrimitives.ReadInt64BigEndian(read[2..]);
    }

    private static void Mac(ServerKeys keys, ReadOnlySpan<byte> head, string email, Span<byte> destination) =>
        keys.Invite(head[1], [.. head, .. Encoding.UTF8.GetBytes(User.Normalize(email))], destination);
}
