using System.Security.Cryptography;

namespace Exeunt.Protocol.Jose;

/// <summary>The signature algorithms that are understood (RFC 7518 §3.1). There is no <c>none</c>, and no way to add one.</summary>
public enum JwsAlgorithm
{
    /// <summary>ECDSA on P-256 with SHA-256: short signatures and quick to sign, so it is the default for what Exeunt signs.</summary>
    ES256,

    /// <summary>RSASSA-PKCS1-v1_5 with SHA-256: what every party is able to verify (RFC 9068 §2.1).</summary>
    RS256,

    /// <summary>RSASSA-PKCS1-v1_5 with SHA-384.</summary>
    RS384,

    /// <summary>RSASSA-PKCS1-v1_5 with SHA-512.</summary>
    RS512,

    /// <summary>RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt of 32 bytes.</summary>
    PS256,

    /// <summary>HMAC with SHA-256: whoever can verify can also sign. Only for tokens of an issuer that shares a secret with us.</summary>
    HS256,
}

internal static class JwsAlgorithms
{
    extension(JwsAlgorithm algorithm)
    {
        public bool IsRsa => algorithm is JwsAlgorithm.RS256 or JwsAlgorithm.RS384 or JwsAlgorithm.RS512 or JwsAlgorithm.PS256;

        public HashAlgorithmName Hash => algorithm switch
        {
            JwsAlgorithm.RS384 => HashAlgorithmName.SHA384,
            JwsAlgorithm.RS512 => HashAlgorithmName.SHA512,
            _ => HashAlgorithmName.SHA256,
        };

        /// <summary>The padding of an RSA algorithm. .NET's PSS uses a salt as long as the hash, as RFC 7518 §3.5 wants.</summary>
        public RSASignaturePadding Padding => algorithm is JwsAlgorithm.PS256 ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1;

        public string Name => algorithm switch
        {
            JwsAlgorithm.ES256 => "ES256",
            JwsAlgorithm.RS256 => "RS256",
            JwsAlgorithm.RS384 => "RS384",
            JwsAlgorithm.RS512 => "RS512",
            JwsAlgorithm.PS256 => "PS256",
            JwsAlgorithm.HS256 => "HS256",
            _ => throw new ArgumentOutOfRangeException(nameof(algorithm), algorithm, "Not an algorithm."),
        };
    }

    /// <summary>Reads a name exactly as registered: <c>alg</c> is case-sensitive (RFC 7515 §4.1.1).</summary>
    public static JwsAlgorithm? Parse(string? name) => name switch
    {
        "ES256" => JwsAlgorithm.ES256,
        "RS256" => JwsAlgorithm.RS256,
        "RS384" => JwsAlgorithm.RS384,
        "RS512" => JwsAlgorithm.RS512,
        "PS256" => JwsAlgorithm.PS256,
        "HS256" => JwsAlgorithm.HS256,
        _ => null,
    };
}
