using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;

namespace Exeunt.Protocol.Jose;

/// <summary>
/// A private key that signs with one algorithm. Safe for every thread: signing takes no lock and, with ES256, allocates nothing of its own.
/// Dispose it when it has been rotated out; its private bytes are then wiped.
/// </summary>
public sealed class SigningKey : IDisposable
{
    private const int RsaBits = 2048; // the least of RFC 7518 §3.3; keys rotate, and a longer one would be paid for at every signature

    private readonly byte[] pkcs8;
    private readonly Pool<AsymmetricAlgorithm> pool;
    private readonly ConcurrentDictionary<string, byte[]> headers = new(StringComparer.Ordinal);

    private SigningKey(AsymmetricAlgorithm key, JwsAlgorithm algorithm)
    {
        var material = PemReader.PublicHalf(key);
        if (!material.Fits(algorithm)) throw new FormatException($"This key is not one for {algorithm.Name}.");

        Algorithm = algorithm;
        KeyId = JwkThumbprint.Of(material.Members);
        Public = new(material, KeyId, algorithm);
        SignatureLength = key is RSA rsa ? rsa.KeySize / 8 : EcPublicKey.SignatureLength;
        pkcs8 = key.ExportPkcs8PrivateKey();
        pool = new(Import);
    }

    /// <summary>The RFC 7638 thumbprint of the public key; what tokens carry as <c>kid</c>.</summary>
    public string KeyId { get; }

    /// <summary>What <see cref="Sign"/> signs with.</summary>
    public JwsAlgorithm Algorithm { get; }

    /// <summary>The public half, to verify with and to publish.</summary>
    public VerificationKey Public { get; }

    /// <summary>Length of a signature, in bytes.</summary>
    public int SignatureLength { get; }

    /// <summary>Makes a new key: P-256 for ES256, 2048 bits for RSA.</summary>
    /// <exception cref="ArgumentException">HS256: a secret has no public half, so nothing signed with it could be verified by others.</exception>
    public static SigningKey Generate(JwsAlgorithm algorithm = JwsAlgorithm.ES256)
    {
        if (algorithm is JwsAlgorithm.HS256) throw new ArgumentException("A signing key has a public half; HS256 has none.", nameof(algorithm));

        using AsymmetricAlgorithm key = algorithm.IsRsa ? RSA.Create(RsaBits) : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new(key, algorithm);
    }

    /// <summary>Reads a private key from PEM.</summary>
    /// <param name="pem">The text of the file; exactly one unencrypted key.</param>
    /// <param name="algorithm">What to sign with, as PEM does not say it; <see langword="null"/> for ES256 with P-256 and RS256 with RSA.</param>
    /// <exception cref="FormatException">It is not such a key, or does not fit the algorithm. The message never quotes the text.</exception>
    public static SigningKey FromPem(string pem, JwsAlgorithm? algorithm = null)
    {
        using var key = PemReader.ReadPrivate(pem);
        return new(key, algorithm ?? (key is RSA ? JwsAlgorithm.RS256 : JwsAlgorithm.ES256));
    }

    /// <summary>The private key as PEM (PKCS#8, <c>PRIVATE KEY</c>), unencrypted: for a file only its owner can read.</summary>
    /// <exception cref="ObjectDisposedException">The key has been disposed.</exception>
    public string ExportPem()
    {
        var key = pool.Take();
        var pem = key.ExportPkcs8PrivateKeyPem();
        pool.Give(key);
        return pem;
    }

    /// <summary>Writes the public JWK: kty and its members, <c>kid</c>, <c>alg</c>, <c>use</c>; never a private member.</summary>
    public void WritePublicJwk(Utf8JsonWriter json) => Public.WritePublicJwk(json);

    /// <summary>Signs.</summary>
    /// <param name="data">What is signed; for a JWS the ASCII bytes of header and payload with their point.</param>
    /// <param name="signature">Where the signature goes; at least <see cref="SignatureLength"/> bytes.</param>
    /// <returns>How many bytes were written: <see cref="SignatureLength"/>.</returns>
    /// <exception cref="ArgumentException">The room is too small.</exception>
    /// <exception cref="ObjectDisposedException">The key has been disposed.</exception>
    public int Sign(ReadOnlySpan<byte> data, Span<byte> signature)
    {
        if (signature.Length < SignatureLength) throw new ArgumentException($"A signature needs {SignatureLength} bytes.", nameof(signature));

        var key = pool.Take();
        var written = key switch
        {
            ECDsa ecdsa => SignWith(ecdsa, data, signature),
            RSA rsa => rsa.SignData(data, signature, Algorithm.Hash, Algorithm.Padding),
            _ => throw new UnreachableException(),
        };
        pool.Give(key);
        return written;
    }

    /// <summary>Makes the key unusable and wipes its private bytes.</summary>
    public void Dispose()
    {
        pool.Close();
        CryptographicOperations.ZeroMemory(pkcs8);
    }

    /// <inheritdoc/>
    public override string ToString() => $"[{Algorithm.Name} signing key {KeyId}]";

    /// <summary>The encoded JOSE header for a type of token. A program has few types, so each is made once.</summary>
    internal ReadOnlySpan<byte> EncodedHeader(string type) => headers.GetOrAdd(type, static (type, key) => key.EncodeHeader(type), this);

    private static int SignWith(ECDsa ecdsa, ReadOnlySpan<byte> data, Span<byte> signature)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(data, hash);
        return ecdsa.SignHash(hash, signature, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    private byte[] EncodeHeader(string type)
    {
        using var scratch = JsonScratch.Take();
        var json = scratch.Json;
        json.WriteStartObject();
        json.WriteString("alg", Algorithm.Name);
        json.WriteString("kid", KeyId);
        json.WriteString("typ", type);
        json.WriteEndObject();
        return Base64Url.EncodeToUtf8(scratch.Written);
    }

    private AsymmetricAlgorithm Import()
    {
        AsymmetricAlgorithm key = Algorithm.IsRsa ? RSA.Create() : ECDsa.Create();
        key.ImportPkcs8PrivateKey(pkcs8, out _);
        return key;
    }
}
