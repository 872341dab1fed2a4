using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Exeunt.Protocol.Jose;

/// <summary>Verifies signatures with one key and one algorithm. Safe for every thread; it never holds a private key.</summary>
public sealed class VerificationKey
{
    private readonly KeyMaterial material;
    private readonly bool namesItsAlgorithm;

    internal VerificationKey(KeyMaterial material, string? keyId, JwsAlgorithm? algorithm)
    {
        this.material = material;
        KeyId = keyId;
        Algorithm = algorithm ?? material.Usual;
        namesItsAlgorithm = algorithm is not null;
    }

    /// <summary>What tokens call this key in <c>kid</c>; <see langword="null"/> for a key that came without a name (a PEM file, a shared secret).</summary>
    public string? KeyId { get; }

    /// <summary>What <see cref="Verify"/> verifies. A key that does not name its algorithm uses ES256 (P-256) or RS256 (RSA).</summary>
    public JwsAlgorithm Algorithm { get; }

    /// <summary>The RFC 7638 thumbprint; <see langword="null"/> for a shared secret, of which nothing is to be derived.</summary>
    public string? Thumbprint => IsSecret ? null : JwkThumbprint.Of(material.Members);

    /// <summary>Whether this is a shared secret, which must never be published.</summary>
    public bool IsSecret => material is SharedSecret;

    /// <summary>Reads one public key in JWK form (RFC 7517 §4). Private members are refused: a key whose private half is known proves nothing.</summary>
    /// <exception cref="FormatException">It is not a public key that may verify signatures here; the message says why.</exception>
    public static VerificationKey FromJwk(ReadOnlySpan<byte> utf8) =>
        StrictJson.ParseObject(utf8) is { } jwk ? JwkReader.Read(jwk) : throw new FormatException("A JWK is one JSON object without repeated members.");

    /// <summary>Reads a public key from PEM: <c>PUBLIC KEY</c> (RFC 7468 §13) or <c>RSA PUBLIC KEY</c>.</summary>
    /// <param name="pem">The text of the file; exactly one key.</param>
    /// <param name="algorithm">The only algorithm to accept with it; <see langword="null"/> for whatever the rules allow for such a key.</param>
    /// <exception cref="FormatException">It is not such a key, it is a private one, or it does not fit the algorithm; the message says which.</exception>
    public static VerificationKey FromPem(string pem, JwsAlgorithm? algorithm = null)
    {
        var key = PemReader.ReadPublic(pem);
        if (algorithm is { } asked && !key.Fits(asked)) throw new FormatException($"This key is not one for {asked.Name}.");

        return new(key, keyId: null, algorithm);
    }

    /// <summary>Takes a secret that the issuer shares with us, for HS256.</summary>
    /// <exception cref="FormatException">It has fewer than 32 bytes.</exception>
    public static VerificationKey FromSecret(ReadOnlySpan<byte> secret) => new(new SharedSecret(secret), keyId: null, JwsAlgorithm.HS256);

    /// <returns>Whether <paramref name="signature"/> is the signature of <paramref name="data"/>; never throws for a wrong one, whatever its length.</returns>
    public bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) => material.Verify(Algorithm, data, signature);

    /// <summary>Writes the public key as a JWK: its members, <c>kid</c>, <c>alg</c> and <c>use</c>, and nothing private.</summary>
    /// <exception cref="InvalidOperationException">It is a shared secret.</exception>
    public void WritePublicJwk(Utf8JsonWriter json)
    {
        if (IsSecret) throw new InvalidOperationException("A shared secret is never published.");

        json.WriteStartObject();
        foreach (var (name, value) in material.Members) json.WriteString(name, value);
        if (KeyId is not null) json.WriteString("kid", KeyId);
        json.WriteString("alg", Algorithm.Name);
        json.WriteString("use", "sig");
        json.WriteEndObject();
    }

    /// <inheritdoc/>
    public override string ToString() => $"[{Algorithm.Name} key {KeyId}]";

    /// <summary>This key as a key for <paramref name="algorithm"/>: only one that names no algorithm itself can serve others of its kind.</summary>
    internal bool TryFor(JwsAlgorithm algorithm, [NotNullWhen(true)] out VerificationKey? key)
    {
        key = algorithm == Algorithm ? this
            : !namesItsAlgorithm && material.Fits(algorithm) ? new(material, KeyId, algorithm)
            : null;

        return key is not null;
    }
}
