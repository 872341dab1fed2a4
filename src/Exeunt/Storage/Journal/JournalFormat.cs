using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Exeunt.Storage.Journal;

/// <summary>
/// The journal's bytes. Two blocks of 4 KiB each hold a generation and its checksum; the higher whole one counts. Then come records, each at a multiple of
/// 64 bytes: mark, length, generation, number, payload, checksum. Emptying the journal is one write: a new generation, which no record on disk carries.
/// Numbers are little-endian.
/// </summary>
internal static class JournalFormat
{
    public const int HeaderBlock = 4096; // a block of its own, so that writing one can never tear the other
    public const int RecordsAt = 2 * HeaderBlock;
    public const int Alignment = 64; // where a reader looks for the next record after a damaged one
    public const int MostPayload = 32 * 1024;

    private const int ChecksumBytes = 16; // of SHA-256: against torn and rotten bytes, not against people
    private const int RecordHead = 4 + 4 + 8 + 8;
    private const uint Mark = 0x524A5845; // "EXJR"
    private const int HeaderBytes = 16 + 8;

    private static ReadOnlySpan<byte> Magic => "exeunt journal 1"u8;

    /// <summary>Bytes that a record takes in the file.</summary>
    public static int SpaceOf(int payload) => (RecordHead + payload + ChecksumBytes + Alignment - 1) / Alignment * Alignment;

    public static byte[] Header(ulong generation)
    {
        var block = new byte[HeaderBlock];
        Magic.CopyTo(block);
        BinaryPrimitives.WriteUInt64LittleEndian(block.AsSpan(Magic.Length), generation);
        Checksum(block.AsSpan(0, HeaderBytes), block.AsSpan(HeaderBytes));
        return block;
    }

    /// <summary>The generation of a header block; 0 when the block is not whole.</summary>
    public static ulong GenerationOf(ReadOnlySpan<byte> block)
    {
        if (block.Length < HeaderBytes + ChecksumBytes || !block.StartsWith(Magic)) return 0;
        Span<byte> checksum = stackalloc byte[ChecksumBytes];
        Checksum(block[..HeaderBytes], checksum);
        return block.Slice(HeaderBytes, ChecksumBytes).SequenceEqual(checksum) ? BinaryPrimitives.ReadUInt64LittleEndian(block[Magic.Length..]) : 0;
    }

    public static void WriteRecord(Span<byte> space, ulong generation, ulong number, ReadOnlySpan<byte> payload)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(space, Mark);
        BinaryPrimitives.WriteInt32LittleEndian(space[4..], payload.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(space[8..], generation);
        BinaryPrimitives.WriteUInt64LittleEndian(space[16..], number);
        payload.CopyTo(space[RecordHead..]);
        Checksum(space[..(RecordHead + payload.Length)], space[(RecordHead + payload.Length)..]);
    }

    /// <summary>Reads the record that begins here; false when there is no whole one.</summary>
    public static bool TryReadRecord(ReadOnlyMemory<byte> from, out ulong generation, out ulong number, out ReadOnlyMemory<byte> payload)
    {
        (generation, number, payload) = (0, 0, default);
        var bytes = from.Span;
        if (bytes.Length < RecordHead + ChecksumBytes || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Mark) return false;

        var length = BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]);
        if (length is < 0 or > MostPayload || bytes.Length < RecordHead + length + ChecksumBytes) return false;

        Span<byte> checksum = stackalloc byte[ChecksumBytes];
        Checksum(bytes[..(RecordHead + length)], checksum);
        if (!bytes.Slice(RecordHead + length, ChecksumBytes).SequenceEqual(checksum)) return false;

        generation = BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]);
        number = BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]);
        payload = from.Slice(RecordHead, length);
        return true;
    }

    /// <summary>Whether these bytes begin a record of this filling, whole or not.</summary>
    public static bool IsHeadOf(ReadOnlySpan<byte> bytes, ulong generation) =>
        bytes.Length >= RecordHead && BinaryPrimitives.ReadUInt32LittleEndian(bytes) == Mark && BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]) == generation;

    private static void Checksum(ReadOnlySpan<byte> data, Span<byte> to)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(data, hash);
        hash[..ChecksumBytes].CopyTo(to);
    }
}
