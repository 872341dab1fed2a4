using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Exeunt.Protocol.Ids;

/// <summary>
/// UUIDv7 values (RFC 9562 §5.7) as 128-bit numbers, whose order is the order of creation. Everything that compares "older than a
/// cut-off" relies on that order, so the fields are put together here and nowhere else.
/// </summary>
public static class Uuid7
{
    private const int RandomBits = 62;
    private static readonly UInt128 VersionAndVariant = ((UInt128)0x7000 << 64) | ((UInt128)0b10 << RandomBits);
    private static readonly UInt128 RandomMask = (((UInt128)0xFFF) << 64) | (((UInt128)1 << RandomBits) - 1);

    /// <summary>A fresh value of this millisecond: 74 random bits.</summary>
    public static UInt128 New(DateTimeOffset at)
    {
        Span<byte> random = stackalloc byte[16];
        RandomNumberGenerator.Fill(random);
        return First(at) | (BinaryPrimitives.ReadUInt128BigEndian(random) & RandomMask);
    }

    /// <summary>The smallest value of this millisecond.</summary>
    public static UInt128 First(DateTimeOffset at) => ((UInt128)(ulong)at.ToUnixTimeMilliseconds() << 80) | VersionAndVariant;

    /// <summary>The largest value of this millisecond.</summary>
    public static UInt128 Last(DateTimeOffset at) => First(at) | RandomMask;

    /// <summary>When it was created, to the millisecond, UTC.</summary>
    public static DateTimeOffset TimeOf(UInt128 value) => DateTimeOffset.FromUnixTimeMilliseconds((long)(ulong)(value >> 80) & 0xFFFF_FFFF_FFFF);

    /// <summary>Whether the version and variant bits say UUIDv7 and the time is one that <see cref="DateTimeOffset"/> can hold.</summary>
    public static bool IsValid(UInt128 value) =>
        (value & ~RandomMask & (((UInt128)1 << 80) - 1)) == VersionAndVariant && (ulong)(value >> 80) <= 253_402_300_799_999;
}
