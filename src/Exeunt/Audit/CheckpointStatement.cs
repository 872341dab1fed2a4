using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Exeunt.Protocol.Jose;

namespace Exeunt.Audit;

/// <summary>How far one chain had come when a checkpoint was signed.</summary>
/// <param name="Chain">The chain.</param>
/// <param name="Number">Its last entry; 0 while it had none.</param>
/// <param name="Hash">The hash of that entry.</param>
public sealed record SignedHead(string Chain, long Number, byte[] Hash);

/// <summary>
/// What a checkpoint says: where every chain stood, the hash of the checkpoint before it, and the public key that signs it. It travels as a JWS of type
/// <c>audit-checkpoint+jwt</c>. Keys rotate; trust does not have to: whoever trusts the key of the newest checkpoint has, by the hashes, every older one.
/// </summary>
public sealed record CheckpointStatement
{
    private const string PublicKey = "jwk";

    /// <summary>Its place among the checkpoints: 1, 2, 3 … without holes.</summary>
    public required long Number { get; init; }

    /// <summary>When it was signed, ledger time, to the millisecond.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The server's name when it was signed. A server may be renamed; its trail goes on.</summary>
    public required string Issuer { get; init; }

    /// <summary>The <see cref="HashOf"/> of the checkpoint before it; null for the first.</summary>
    public string? Previous { get; init; }

    /// <summary>Where the chains stood, in the order in which they were opened.</summary>
    public required IReadOnlyList<SignedHead> Heads { get; init; }

    /// <summary>The public half of the key that signed it. It proves nothing by itself.</summary>
    public required VerificationKey Key { get; init; }

    /// <summary>The name of a checkpoint: SHA-256 over its JWS, base64url. Keep it anywhere outside the server to notice a trail that was cut back.</summary>
    public static string HashOf(string jws) => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(jws)));

    /// <summary>Signs the statement, whose <see cref="Key"/> must be the public half of <paramref name="key"/>.</summary>
    public string Sign(SigningKey key) => JwtWriter.Write(key, TokenKind.AuditCheckpoint.Type, json =>
    {
        json.WriteString("iss", Issuer);
        json.WriteNumber("iat", At.ToUnixTimeMilliseconds() / 1000m); // a NumericDate may have a fraction (RFC 7519 §2)
        json.WriteNumber("n", Number);
        if (Previous is not null) json.WriteString("prev", Previous);
        json.WriteStartArray("heads");
        foreach (var head in Heads)
        {
            json.WriteStartObject();
            json.WriteString("chain", head.Chain);
            json.WriteNumber("n", head.Number);
            json.WriteString("hash", Base64Url.EncodeToString(head.Hash));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WritePropertyName(PublicKey);
        Key.WritePublicJwk(json);
    });

    /// <summary>What a checkpoint claims, before anybody has vouched for it; null for anything that is no checkpoint.</summary>
    public static CheckpointStatement? Read(string jws)
    {
        var parts = jws.Split('.');
        if (parts.Length != 3) return null;
        try
        {
            using var document = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1]));
            var claims = document.RootElement;
            return new()
            {
                Number = claims.GetProperty("n").GetInt64(),
                At = DateTimeOffset.FromUnixTimeMilliseconds((long)(claims.GetProperty("iat").GetDecimal() * 1000)),
                Issuer = claims.GetProperty("iss").GetString() ?? "",
                Previous = claims.TryGetProperty("prev", out var previous) ? previous.GetString() : null,
                Heads = [.. claims.GetProperty("heads").EnumerateArray().Select(ReadHead)],
                Key = VerificationKey.FromJwk(Encoding.UTF8.GetBytes(claims.GetProperty(PublicKey).GetRawText())),
            };
        }
        catch (Exception malformed) when (malformed is FormatException or JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException or OverflowException)
        {
            return null;
        }
    }

    /// <summary>Whether this key signed the JWS and the JWS is a checkpoint.</summary>
    public bool IsSignedWith(VerificationKey key, string jws)
    {
        if (Issuer.Length == 0) return false;
        var rules = new JwtRules { Kind = TokenKind.AuditCheckpoint, Algorithms = [key.Algorithm], Issuer = Issuer, Audiences = [] };

        // At the end of time: a checkpoint does not expire, and whether the verifier's clock is slow says nothing of the trail.
        return JwtVerifier.Verify(jws, new JwkSet(key), rules, DateTimeOffset.MaxValue) is JwtVerdict.Valid;
    }

    private static SignedHead ReadHead(JsonElement head) =>
        new(head.GetProperty("chain").GetString()!, head.GetProperty("n").GetInt64(), Base64Url.DecodeFromChars(head.GetProperty("hash").GetString()));
}
