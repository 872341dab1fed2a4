using System.Buffers.Text;
using System.Security.Cryptography;

namespace Exeunt.Protocol.Jose;

/// <summary>An RSA modulus and exponent: verifies RS256, RS384, RS512 and PS256.</summary>
internal sealed class RsaPublicKey : KeyMaterial
{
    private const int LeastBits = 2048; // RFC 7518 §3.3
    private const int MostBits = 8192; // verifying takes time that grows with the square: a published key must not be able to slow us down
    private const int LongestExponent = 4; // bytes; for the same reason

    private readonly Pool<RSA> pool;
    private readonly int signatureLength;

    private RsaPublicKey(RSAParameters parameters)
    {
        signatureLength = parameters.Modulus!.Length;
        pool = new(() => RSA.Create(parameters));
        Members = [("e", Base64Url.EncodeToString(parameters.Exponent)), ("kty", "RSA"), ("n", Base64Url.EncodeToString(parameters.Modulus))];
    }

    public override JwsAlgorithm Usual => JwsAlgorithm.RS256;

    public override IReadOnlyList<(string Name, string Value)> Members { get; }

    /// <exception cref="FormatException">The key is too small, too large, or no RSA key at all.</exception>
    public static RsaPublicKey Of(byte[]? modulus, byte[]? exponent)
    {
        if (modulus is not [not 0, ..] || exponent is not [not 0, ..])
            throw new FormatException("n and e of an RSA key are the shortest big-endian form of a positive number (RFC 7518 §6.3.1).");

        var bits = 8 * modulus.Length - int.LeadingZeroCount(modulus[0]) + 24; // LeadingZeroCount counts in 32 bits
        if (bits is < LeastBits or > MostBits) throw new FormatException($"An RSA key has {bits} bits; {LeastBits} to {MostBits} are accepted.");
        if ((modulus[^1] & 1) == 0) throw new FormatException("The modulus of an RSA key is odd.");
        if (exponent.Length > LongestExponent || (exponent[^1] & 1) == 0 || exponent is [1])
            throw new FormatException("The exponent of an RSA key is odd, greater than 1 and at most 32 bits long.");

        var key = new RsaPublicKey(new() { Modulus = modulus, Exponent = exponent });
        try
        {
            key.pool.Give(key.pool.Take());
        }
        catch (CryptographicException failure)
        {
            throw new FormatException("The RSA key cannot be used.", failure);
        }

        return key;
    }

    public override bool Fits(JwsAlgorithm algorithm) => algorithm.IsRsa;

    public override bool Verify(JwsAlgorithm algorithm, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != signatureLength) return false;

        var rsa = pool.Take();
        var right = rsa.VerifyData(data, signature, algorithm.Hash, algorithm.Padding);
        pool.Give(rsa);
        return right;
    }
}
