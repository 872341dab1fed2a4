using System.Buffers.Binary;
using System.Buffers.Text;
using Exeunt.Protocol.Ids;

namespace Exeunt.Storage;

/// <summary>The place where a page ended, in a form that nobody reads anything into: base64url of its key, 16 bytes.</summary>
public static class Cursor
{
    /// <summary>The cursor of a listing by id.</summary>
    public static string Of<T>(T id)
        where T : struct, IId<T> => Base64Url.EncodeToString(id.ToBytes());

    /// <summary>The cursor of a listing by time.</summary>
    public static string Of(AuditPlace place)
    {
        Span<byte> bytes = stackalloc byte[Id.Bytes];
        BinaryPrimitives.WriteInt64BigEndian(bytes, place.At);
        BinaryPrimitives.WriteInt64BigEndian(bytes[8..], place.Position);
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>The id of a cursor; null without one.</summary>
    /// <exception cref="ArgumentException">It is not one that a page gave out.</exception>
    public static T? ToId<T>(string? cursor)
        where T : struct, IId<T>
    {
        if (cursor is null) return null;
        Span<byte> bytes = stackalloc byte[16];
        Decode(cursor, bytes);
        return Id.FromBytes<T>(bytes);
    }

    /// <summary>The place of a cursor; null without one.</summary>
    /// <exception cref="ArgumentException">It is not one that a page gave out.</exception>
    public static AuditPlace? ToPlace(string? cursor)
    {
        if (cursor is null) return null;
        Span<byte> bytes = stackalloc byte[16];
        Decode(cursor, bytes);
        return new(BinaryPrimitives.ReadInt64BigEndian(bytes), BinaryPrimitives.ReadInt64BigEndian(bytes[8..]));
    }

    private static void Decode(string cursor, Span<byte> bytes)
    {
        const int EncodedLength = 22;
        var isOurs = cursor.Length == EncodedLength && Base64Url.IsValid(cursor)
            && Base64Url.TryDecodeFromChars(cursor, bytes, out var written) && written == bytes.Length;
        if (isOurs) return;
        throw new ArgumentException("The cursor is not one that a page of this listing gave out.", nameof(cursor));
    }
}

/// <summary>Where an entry stands in a listing by time: milliseconds since 1970, then the order of writing.</summary>
public readonly record struct AuditPlace(long At, long Position);
