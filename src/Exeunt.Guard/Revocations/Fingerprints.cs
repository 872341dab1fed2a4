using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Exeunt.Guard.Revocations;

/// <summary>
/// 64-bit fingerprints of (issuer, id): SipHash-1-3 under a random key, so that nobody can search for an id that collides with a chosen one.
/// </summary>
/// <remarks>
/// The index does not keep the texts, so a collision refuses a live token. Among a million entries that happens to one new session in
/// 2⁶⁴ / 10⁶ ≈ 1.8·10¹³: with ten million sign-ins a day, once in five thousand years, on one guard, and signing in again heals it.
/// The other way round — a token spared because its sid collides with a cut-off's exception — has the chance 2⁻⁶⁴ per token.
/// </remarks>
internal sealed class Fingerprints(ulong key0, ulong key1)
{
    /// <summary>Bytes of the key where it is saved.</summary>
    public const int KeyBytes = 16;

    /// <summary>The fingerprint of nothing; no id has it.</summary>
    public const ulong None = 0;

    /// <summary>Under a fresh random key.</summary>
    public static Fingerprints WithRandomKey() => FromKey(RandomNumberGenerator.GetBytes(KeyBytes));

    /// <summary>Under the key that these 16 bytes hold.</summary>
    public static Fingerprints FromKey(ReadOnlySpan<byte> key) =>
        new(BinaryPrimitives.ReadUInt64LittleEndian(key), BinaryPrimitives.ReadUInt64LittleEndian(key[8..]));

    /// <summary>Writes the 16 bytes of the key.</summary>
    public void WriteKey(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(destination, key0);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[8..], key1);
    }

    /// <summary>Whether both make the same fingerprints.</summary>
    public bool IsSameKey(Fingerprints other)
    {
        Span<byte> mine = stackalloc byte[KeyBytes], theirs = stackalloc byte[KeyBytes];
        WriteKey(mine);
        other.WriteKey(theirs);
        return mine.SequenceEqual(theirs);
    }

    /// <summary>What the ids of one issuer start from: hashed once for all questions about a token.</summary>
    public ulong Issuer(string issuer) => Hash(0, issuer);

    /// <summary>The fingerprint of an id within an issuer; <see cref="None"/> for an id that the token does not have.</summary>
    public ulong Of(ulong issuer, string? id)
    {
        if (id is null) return None;
        var hash = Hash(issuer, id);
        return hash == None ? 1 : hash;
    }

    /// <summary>SipHash-1-3 of the eight bytes of <paramref name="first"/>, little-endian, followed by the text in UTF-16.</summary>
    internal ulong Hash(ulong first, ReadOnlySpan<char> text)
    {
        var v0 = key0 ^ 0x736f6d6570736575;
        var v1 = key1 ^ 0x646f72616e646f6d;
        var v2 = key0 ^ 0x6c7967656e657261;
        var v3 = key1 ^ 0x7465646279746573;

        v3 ^= first;
        Round(ref v0, ref v1, ref v2, ref v3);
        v0 ^= first;

        var words = MemoryMarshal.Cast<char, ulong>(text);
        foreach (var word in words)
        {
            v3 ^= word;
            Round(ref v0, ref v1, ref v2, ref v3);
            v0 ^= word;
        }

        var last = (ulong)(sizeof(ulong) + (text.Length * sizeof(char))) << 56;
        var rest = text[(words.Length * 4)..];
        for (var i = 0; i < rest.Length; i++) last |= (ulong)rest[i] << (16 * i);

        v3 ^= last;
        Round(ref v0, ref v1, ref v2, ref v3);
        v0 ^= last;

        v2 ^= 0xff;
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        return v0 ^ v1 ^ v2 ^ v3;
    }

    private static void Round(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        v0 += v1;
        v1 = BitOperations.RotateLeft(v1, 13) ^ v0;
        v0 = BitOperations.RotateLeft(v0, 32);
        v2 += v3;
        v3 = BitOperations.RotateLeft(v3, 16) ^ v2;
        v0 += v3;
        v3 = BitOperations.RotateLeft(v3, 21) ^ v0;
        v2 += v1;
        v1 = BitOperations.RotateLeft(v1, 17) ^ v2;
        v2 = BitOperations.RotateLeft(v2, 32);
    }
}
