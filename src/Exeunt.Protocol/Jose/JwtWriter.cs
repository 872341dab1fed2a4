using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Exeunt.Protocol.Jose;

/// <summary>Writes signed tokens in compact form (RFC 7515 §7.1). The header holds <c>alg</c>, <c>kid</c> and <c>typ</c>, and nothing else.</summary>
public static class JwtWriter
{
    private const byte Point = (byte)'.';

    /// <summary>Signs the claims that <paramref name="claims"/> writes.</summary>
    /// <param name="key">Signs, and names itself in the header.</param>
    /// <param name="type">The value of <c>typ</c>, such as <c>at+jwt</c>; a constant, as encoded headers are kept per type.</param>
    /// <param name="state">Handed to <paramref name="claims"/>, so that it needs no closure.</param>
    /// <param name="claims">Writes the members; the braces around them are written here.</param>
    /// <exception cref="ObjectDisposedException">The key has been disposed.</exception>
    public static string Write<TState>(SigningKey key, string type, TState state, Action<Utf8JsonWriter, TState> claims)
        where TState : allows ref struct
    {
        using var scratch = JsonScratch.Take();
        scratch.Json.WriteStartObject();
        claims(scratch.Json, state);
        scratch.Json.WriteEndObject();
        return Write(key, type, scratch.Written);
    }

    /// <inheritdoc cref="Write{TState}"/>
    public static string Write(SigningKey key, string type, Action<Utf8JsonWriter> claims) =>
        Write(key, type, claims, static (json, write) => write(json));

    /// <summary>Signs a payload that is already JSON, byte for byte.</summary>
    /// <param name="key">Signs, and names itself in the header.</param>
    /// <param name="type">The value of <c>typ</c>; a constant, as encoded headers are kept per type.</param>
    /// <param name="payload">One JSON object in UTF-8. It is not looked at.</param>
    /// <exception cref="ObjectDisposedException">The key has been disposed.</exception>
    public static string Write(SigningKey key, string type, ReadOnlySpan<byte> payload)
    {
        var header = key.EncodedHeader(type);
        var signed = header.Length + 1 + Base64Url.GetEncodedLength(payload.Length);
        var length = signed + 1 + Base64Url.GetEncodedLength(key.SignatureLength);

        var buffer = ArrayPool<byte>.Shared.Rent(length + key.SignatureLength);
        var token = buffer.AsSpan(0, length);
        var signature = buffer.AsSpan(length, key.SignatureLength);

        header.CopyTo(token);
        token[header.Length] = Point;
        Base64Url.EncodeToUtf8(payload, token[(header.Length + 1)..]);
        key.Sign(token[..signed], signature);
        token[signed] = Point;
        Base64Url.EncodeToUtf8(signature, token[(signed + 1)..]);

        var text = Encoding.ASCII.GetString(token);
        ArrayPool<byte>.Shared.Return(buffer, clearArray: true); // it holds a credential
        return text;
    }
}
