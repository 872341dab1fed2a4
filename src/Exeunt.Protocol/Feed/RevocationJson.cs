using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;

namespace Exeunt.Protocol.Feed;

/// <summary>
/// A revocation on the wire. Written and read by hand: a snapshot holds up to millions of them. Reading is strict, because what a guard misreads it would
/// let pass: a member twice, a scope or reason that is not known, or a cut-off without its limit make the whole line unreadable.
/// </summary>
public static class RevocationJson
{
    /// <summary>Bytes of the longest line that is read.</summary>
    public const int LongestLine = 8 * 1024;

    private const int LongestText = 2048; // characters of an issuer or key

    /// <summary>Writes the object.</summary>
    public static void Write(Utf8JsonWriter json, Revocation revocation)
    {
        json.WriteStartObject();
        if (revocation.Sequence > 0)
        {
            json.WriteString("epoch", revocation.Epoch);
            json.WriteNumber("seq", revocation.Sequence);
            json.WriteNumber("prev", revocation.Previous);
        }

        json.WriteString("event", Id.Format(revocation.Event));
        json.WriteString("scope", revocation.Scope.ToWire());
        if (revocation.Issuer.Length > 0) json.WriteString("issuer", revocation.Issuer);
        if (revocation.Key.Length > 0) json.WriteString("key", revocation.Key);
        if (revocation.UpTo is { } upTo) json.WriteString("before_sid", Id.Format(upTo));
        if (revocation.UpToSecond is { } second) json.WriteNumber("before_iat", second);
        if (revocation.Except is { } except) json.WriteString("except", except);
        json.WriteNumber("expires", revocation.Expires.ToUnixTimeMilliseconds());
        json.WriteNumber("at", revocation.At.ToUnixTimeMilliseconds());
        json.WriteString("reason", revocation.Reason.ToWire());
        json.WriteEndObject();
    }

    /// <summary>The object as UTF-8, without a line break.</summary>
    public static byte[] ToUtf8(Revocation revocation)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer)) Write(json, revocation);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads exactly one object; false for anything that is not a revocation which this version understands. Members that are not known are left alone.</summary>
    public static bool TryRead(ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out Revocation? revocation)
    {
        revocation = null;
        if (utf8.Length > LongestLine) return false;
        try
        {
            var draft = new RevocationDraft();
            var json = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = 4 });
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject) return false;
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                if (!draft.TakeMember(ref json)) return false;
            }

            if (json.TokenType != JsonTokenType.EndObject || json.Read()) return false;
            revocation = draft.Finish(LongestText);
            return revocation is not null;
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException or FormatException)
        {
            return false;
        }
    }
}
