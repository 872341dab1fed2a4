using System.Security.Cryptography;

namespace Exeunt.AspNetPeer;

/// <summary>PBKDF2, with the rounds that OWASP recommends for HMAC-SHA-256.</summary>
internal static class Passwords
{
    private const int Rounds = 600_000;
    private const int Salt = 16;
    private const int Length = 32;

    public static byte[] Hash(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(Salt);
        return [.. salt, .. Derive(password, salt)];
    }

    public static bool IsRight(string password, ReadOnlySpan<byte> stored) => CryptographicOperations.FixedTimeEquals(Derive(password, stored[..Salt]), stored[Salt..]);

    private static byte[] Derive(string password, ReadOnlySpan<byte> salt) => Rfc2898DeriveBytes.Pbkdf2(password, salt, Rounds, HashAlgorithmName.SHA256, Length);
}
