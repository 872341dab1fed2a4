using System.Security.Cryptography;

namespace Exeunt.Protocol.Jose;

/// <summary>A secret known to the issuer and to us: verifies HS256.</summary>
internal sealed class SharedSecret : KeyMaterial
{
    public const int LeastLength = 32; // bytes: as long as the hash (RFC 7518 §3.2)

    private readonly byte[] secret;

    /// <exception cref="FormatException">The secret is shorter than 32 bytes.</exception>
    public SharedSecret(ReadOnlySpan<byte> secret)
    {
        if (secret.Length < LeastLength)
            throw new FormatException($"A secret for HS256 has at least {LeastLength} bytes (RFC 7518 §3.2); this one has {secret.Length}.");

        this.secret = secret.ToArray();
    }

    public override JwsAlgorithm Usual => JwsAlgorithm.HS256;

    public override IReadOnlyList<(string Name, string Value)> Members => [];

    public override bool Fits(JwsAlgorithm algorithm) => algorithm is JwsAlgorithm.HS256;

    public override bool Verify(JwsAlgorithm algorithm, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        Span<byte> right = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(secret, data, right);
        return CryptographicOperations.FixedTimeEquals(right, signature);
    }
}
