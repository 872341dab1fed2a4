using System.Security.Cryptography;
using System.Text.Json;

namespace Exeunt.Protocol.Jose;

/// <summary>Turns one JWK (RFC 7517 §4, RFC 7518 §6) into a key that may verify signatures.</summary>
internal static class JwkReader
{
    public const int LongestKeyId = 256; // characters; kid is only ever looked up, and a bound keeps it from becoming a burden

    /// <exception cref="FormatException">The key is of an unknown kind, not meant for verifying, incomplete, unsafe or private.</exception>
    public static VerificationKey Read(JsonElement jwk)
    {
        if (jwk.ValueKind is not JsonValueKind.Object) throw new FormatException("A JWK is a JSON object.");
        if (jwk.TryGetProperty("d", out _) || jwk.TryGetProperty("k", out _)) throw new FormatException("The key is published with its private part.");

        MustBeMeantForVerifying(jwk);
        var keyId = Optional(jwk, "kid");
        if (keyId is "" or { Length: > LongestKeyId }) throw new FormatException($"kid has 1 to {LongestKeyId} characters.");

        KeyMaterial material = jwk.Text("kty") switch
        {
            "EC" => ReadEc(jwk),
            "RSA" => RsaPublicKey.Of(CanonicalBase64Url.Decode(jwk.Text("n")), CanonicalBase64Url.Decode(jwk.Text("e"))),
            _ => throw new FormatException("kty is neither EC nor RSA."),
        };

        if (Optional(jwk, "alg") is not { } name) return new(material, keyId, algorithm: null);

        return JwsAlgorithms.Parse(name) is { } algorithm && material.Fits(algorithm)
            ? new(material, keyId, algorithm)
            : throw new FormatException("alg is not one that is understood for this kind of key.");
    }

    private static void MustBeMeantForVerifying(JsonElement jwk)
    {
        if (Optional(jwk, "use") is not (null or "sig")) throw new FormatException("use is not sig.");
        if (jwk.TryGetProperty("key_ops", out _) && jwk.Texts("key_ops")?.Contains("verify") is not true)
            throw new FormatException("key_ops does not contain verify.");
    }

    private static EcPublicKey ReadEc(JsonElement jwk)
    {
        if (jwk.Text("crv") is not "P-256") throw new FormatException("crv is not P-256.");

        return EcPublicKey.Of(new ECPoint { X = CanonicalBase64Url.Decode(jwk.Text("x")), Y = CanonicalBase64Url.Decode(jwk.Text("y")) });
    }

    /// <returns><see langword="null"/> only when the member is missing.</returns>
    private static string? Optional(JsonElement jwk, string name) =>
        !jwk.TryGetProperty(name, out _) ? null : jwk.Text(name) ?? throw new FormatException($"{name} is not a string.");
}
