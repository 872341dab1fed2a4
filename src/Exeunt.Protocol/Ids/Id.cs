using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Exeunt.Protocol.Ids;

/// <summary>What the typed ids share: a prefix that says what they name, and a UUIDv7.</summary>
/// <typeparam name="T">The id itself.</typeparam>
public interface IId<T> : IParsable<T>
    where T : struct, IId<T>
{
    /// <summary>What its text starts with, underscore included.</summary>
    static abstract string Prefix { get; }

    /// <summary>The UUIDv7 as a number.</summary>
    UInt128 Value { get; }

    /// <summary>The id of this number.</summary>
    static abstract T From(UInt128 value);
}

/// <summary>Making, reading and writing the typed ids.</summary>
public static class Id
{
    /// <summary>Bytes of an id where it is stored or sealed.</summary>
    public const int Bytes = 16;

    /// <summary>A fresh id of this millisecond.</summary>
    public static T New<T>(DateTimeOffset at)
        where T : struct, IId<T> => T.From(Uuid7.New(at));

    /// <summary>The id that these 16 big-endian bytes hold.</summary>
    public static T FromBytes<T>(ReadOnlySpan<byte> bytes)
        where T : struct, IId<T> => T.From(BinaryPrimitives.ReadUInt128BigEndian(bytes));

    /// <summary>16 bytes, big-endian, so that byte order is creation order.</summary>
    public static byte[] ToBytes<T>(this T id)
        where T : struct, IId<T>
    {
        var bytes = new byte[Bytes];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, id.Value);
        return bytes;
    }

    /// <summary>Reads the one canonical spelling.</summary>
    /// <exception cref="FormatException">It is something else.</exception>
    public static T Parse<T>(ReadOnlySpan<char> text)
        where T : struct, IId<T> =>
        TryParse<T>(text, out var id) ? id : throw new FormatException($"Not an id of the form {T.Prefix}….");

    /// <summary>Prefix and 26 characters.</summary>
    public static string Format<T>(T id)
        where T : struct, IId<T> =>
        string.Create(T.Prefix.Length + Crockford.Length, id.Value, static (text, value) =>
        {
            T.Prefix.CopyTo(text);
            Crockford.Write(value, text[T.Prefix.Length..]);
        });

    /// <summary>Reads the one canonical spelling; anything else is not an id.</summary>
    public static bool TryParse<T>(ReadOnlySpan<char> text, out T id)
        where T : struct, IId<T>
    {
        if (text.StartsWith(T.Prefix, StringComparison.Ordinal) && Crockford.TryRead(text[T.Prefix.Length..], out var value) && Uuid7.IsValid(value))
        {
            id = T.From(value);
            return true;
        }

        id = default;
        return false;
    }
}

/// <summary>Ids are strings in JSON. It sits on the types, because converters of a source-generated context are lost in a resolver chain.</summary>
/// <typeparam name="T">The id.</typeparam>
public sealed class IdJsonConverter<T> : JsonConverter<T>
    where T : struct, IId<T>
{
    /// <inheritdoc/>
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && Id.TryParse<T>(reader.GetString(), out var id)
            ? id
            : throw new JsonException($"Expected an id of the form {T.Prefix}….");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(Id.Format(value));
}
