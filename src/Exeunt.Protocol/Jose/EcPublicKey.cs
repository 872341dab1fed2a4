using System.Buffers.Text;
using System.Security.Cryptography;

namespace Exeunt.Protocol.Jose;

/// <summary>A point on P-256: verifies ES256.</summary>
internal sealed class EcPublicKey : KeyMaterial
{
    private const int Coordinate = 32; // bytes
    public const int SignatureLength = 2 * Coordinate; // R ‖ S, not DER (RFC 7518 §3.4)

    private readonly Pool<ECDsa> pool;

    private EcPublicKey(ECPoint point)
    {
        var parameters = new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = point };
        pool = new(() => ECDsa.Create(parameters));
        Members = [("crv", "P-256"), ("kty", "EC"), ("x", Base64Url.EncodeToString(point.X)), ("y", Base64Url.EncodeToString(point.Y))];
    }

    public override JwsAlgorithm Usual => JwsAlgorithm.ES256;

    public override IReadOnlyList<(string Name, string Value)> Members { get; }

    /// <summary>The order of the group, big-endian (FIPS 186-4 §D.1.2.3).</summary>
    private static ReadOnlySpan<byte> Order =>
    [
        0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
    ];

    /// <exception cref="FormatException">The coordinates are not those of a point on P-256.</exception>
    public static EcPublicKey Of(ECPoint point)
    {
        if (point.X is not { Length: Coordinate } || point.Y is not { Length: Coordinate })
            throw new FormatException("A coordinate of a P-256 key is not 32 bytes long.");

        var key = new EcPublicKey(point);
        try
        {
            key.pool.Give(key.pool.Take()); // the import checks that the point is on the curve
        }
        catch (CryptographicException failure)
        {
            throw new FormatException("The point of the EC key is not on the curve P-256.", failure);
        }

        return key;
    }

    public override bool Fits(JwsAlgorithm algorithm) => algorithm is JwsAlgorithm.ES256;

    public override bool Verify(JwsAlgorithm algorithm, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != SignatureLength) return false;
        if (!IsScalar(signature[..Coordinate]) || !IsScalar(signature[Coordinate..])) return false;

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(data, hash);

        var ecdsa = pool.Take();
        var right = ecdsa.VerifyHash(hash, signature, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        pool.Give(ecdsa);
        return right;
    }

    /// <summary>Whether 0 &lt; value &lt; n. Zero is what makes a forged signature right in careless libraries (CVE-2022-21449).</summary>
    private static bool IsScalar(ReadOnlySpan<byte> value) => value.ContainsAnyExcept((byte)0) && value.SequenceCompareTo(Order) < 0;
}
