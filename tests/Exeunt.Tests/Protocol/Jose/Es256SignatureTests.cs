using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Exeunt.Protocol.Jose;

namespace Exeunt.Tests.Protocol.Jose;

/// <summary>JOSE-9: what an ES256 signature may be.</summary>
public class Es256SignatureTests
{
    private static readonly BigInteger Order = BigInteger.Parse("0FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551", NumberStyles.HexNumber);
    private static readonly BigInteger Field = BigInteger.Parse("0FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF", NumberStyles.HexNumber);
    private static readonly string Signed = Forge.Encode(Forge.Header(Forge.Es256)) + "." + Forge.Encode(Forge.Payload);
    private static readonly byte[] Genuine = Forge.RawSignature(Forge.Es256, Signed);

    private static readonly Dictionary<string, BigInteger> Edges = new()
    {
        ["0"] = 0,
        ["1"] = 1,
        ["n-1"] = Order - 1,
        ["n"] = Order,
        ["n+1"] = Order + 1,
        ["p"] = Field,
        ["2^256-1"] = (BigInteger.One << 256) - 1,
    };

    public static TheoryData<string, string> EdgePairs
    {
        get
        {
            var pairs = new TheoryData<string, string>();
            foreach (var edge in Edges.Keys)
            {
                pairs.Add(edge, "genuine");
                pairs.Add("genuine", edge);
                foreach (var other in Edges.Keys) pairs.Add(edge, other);
            }

            return pairs;
        }
    }

    [Theory]
    [MemberData(nameof(EdgePairs))]
    public void JOSE_9_r_and_s_at_the_edges_of_their_range_are_rejected(string r, string s)
    {
        byte[] signature = [.. Scalar(r, Genuine[..32]), .. Scalar(s, Genuine[32..])];
        Forge.AssertRejected(JwtRejection.WrongSignature, Signed + "." + Base64Url.EncodeToString(signature));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(63)]
    public void JOSE_9_a_short_signature_is_rejected(int length) =>
        Forge.AssertRejected(JwtRejection.WrongSignature, Signed + "." + Base64Url.EncodeToString(Genuine.AsSpan(0, length)));

    [Fact]
    public void JOSE_9_a_long_signature_and_trailing_or_leading_zeros_are_rejected()
    {
        foreach (var signature in (byte[][])[[.. Genuine, 0], [0, .. Genuine], [.. Genuine, 0, 0, 0], [.. Genuine, .. Genuine], [0, .. Genuine[..32], 0, .. Genuine[32..]], new byte[4096]])
            Forge.AssertRejected(JwtRejection.WrongSignature, Signed + "." + Base64Url.EncodeToString(signature));
    }

    [Fact]
    public void JOSE_9_the_DER_form_of_the_same_signature_is_rejected()
    {
        using var ecdsa = ECDsa.Create();
        ecdsa.ImportFromPem(Forge.Es256.ExportPem());
        var der = ecdsa.SignData(
            Encoding.ASCII.GetBytes(Signed),
            HashAlgorithmName.SHA256,
            DSASignatureFormat.Rfc3279DerSequence);

        Forge.AssertRejected(JwtRejection.WrongSignature, Signed + "." + Base64Url.EncodeToString(der));
    }

    [Fact]
    public void The_genuine_signature_of_these_tests_is_right() => Forge.AssertValid(Signed + "." + Base64Url.EncodeToString(Genuine));

    private static byte[] Scalar(string name, byte[] genuine)
    {
        if (name is "genuine") return genuine;

        var bytes = Edges[name].ToByteArray(isUnsigned: true, isBigEndian: true);
        return [.. new byte[32 - bytes.Length], .. bytes];
    }
}
