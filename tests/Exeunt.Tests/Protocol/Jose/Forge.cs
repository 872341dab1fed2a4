using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Exeunt.Protocol.Jose;

namespace Exeunt.Tests.Protocol.Jose;

/// <summary>Makes any token, also those that no honest issuer makes, and judges them with keys that are made once.</summary>
internal static class Forge
{
    public const string Issuer = "https://exeunt.example";

    public static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);
    public static readonly SigningKey Es256 = SigningKey.Generate();
    public static readonly SigningKey Rs256 = SigningKey.Generate(JwsAlgorithm.RS256);
    public static readonly byte[] Secret = SHA256.HashData("a secret of 32 bytes"u8);
    public static readonly JwkSet Keys = new(Es256.Public, Rs256.Public, VerificationKey.FromSecret(Secret));

    /// <summary>Demands nothing beyond what every token must be.</summary>
    public static readonly JwtRules AnyRules = new()
    {
        Kind = new("JWT", TypeMayBeMissing: true, MustExpire: false, Required: [], Forbidden: []),
        Algorithms = Enum.GetValues<JwsAlgorithm>(),
        Issuer = Issuer,
        Audiences = [],
    };

    public static string Payload { get; } = $$"""{"iss":"{{Issuer}}","iat":1800000000,"exp":1800000900}""";

    public static string Header(SigningKey key) => $$"""{"alg":"{{key.Algorithm}}","kid":"{{key.KeyId}}"}""";

    public static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    public static string Sign(SigningKey key, string header, string payload) => Sign(key, Encoding.UTF8.GetBytes(header), Encoding.UTF8.GetBytes(payload));

    public static string Sign(SigningKey key, byte[] header, byte[] payload)
    {
        var signed = Base64Url.EncodeToString(header) + "." + Base64Url.EncodeToString(payload);
        return signed + "." + Base64Url.EncodeToString(RawSignature(key, signed));
    }

    public static string SignWithSecret(ReadOnlySpan<byte> secret, string header, string payload)
    {
        var signed = Encode(header) + "." + Encode(payload);
        return signed + "." + Base64Url.EncodeToString(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(signed)));
    }

    public static byte[] RawSignature(SigningKey key, string signed)
    {
        var signature = new byte[key.SignatureLength];
        Assert.Equal(signature.Length, key.Sign(Encoding.ASCII.GetBytes(signed), signature));
        return signature;
    }

    public static JwtVerdict Judge(string token, JwtRules? rules = null, JwkSet? keys = null) => JwtVerifier.Verify(token, keys ?? Keys, rules ?? AnyRules, Now);

    public static void AssertRejected(JwtRejection code, string token, JwtRules? rules = null, JwkSet? keys = null) =>
        Assert.Equal(code, Assert.IsType<JwtVerdict.Rejected>(Judge(token, rules, keys)).Code);

    public static JwtClaims AssertValid(string token, JwtRules? rules = null, JwkSet? keys = null) =>
        Assert.IsType<JwtVerdict.Valid>(Judge(token, rules, keys)).Claims;
}
