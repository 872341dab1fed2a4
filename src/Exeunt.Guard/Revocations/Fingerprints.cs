using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Exeunt.Guard.Revocations;

/// <summary>
/// 64-bit fingerprints of (issuer, id) under a random key. The family is strongly universal (multilinear hashing: the sum of each 64-bit word
/// times its own 128-bit key, modulo 2¹²⁸, upper half): whatever two pairs somebody chooses without the key, they collide with a chance of 2⁻⁶⁴.
/// Its multiplications do not wait for each other, as the rounds of SipHash do.
/// </summary>
/// <remarks>
/// The index does not keep the texts, so a collision refuses a live token. Among a million entries that happens to one new session in
/// 2⁶⁴ / 10⁶ ≈ 1.8·10¹³: with ten million sign-ins a day, once in five thousand years, on one guard, and signing in again heals it.
/// The other way round — a token spared because its sid collides with a cut-off's exception — has the chance 2⁻⁶⁴ per token.
/// </remarks>
internal sealed class Fingerprints
{
    /// <summary>Bytes of the key where it is saved.</summary>
    public const int KeyBytes = 32;

    /// <summary>The fingerprint of nothing; no id has it.</summary>
    public const ulong None = 0;

    /// <summary>Longer texts are replaced by their SHA-256.</summary>
    public const int LongestText = 256;

    // For a text: a key for its length, one for each four characters, one for the rest. Two texts, and one key for the sum.
    private const int KeysPerText = 1 + (LongestText / CharsPerWord) + 1;
    private const int CharsPerWord = sizeof(ulong) / sizeof(char);

    // Issuers are few and asked for again and again. The first ones are kept for good, so that no question allocates.
    private const int KnownIssuers = 4;

    private readonly byte[] key;
    private readonly UInt128[] keys;
    private readonly KnownIssuer?[] known = new KnownIssuer?[KnownIssuers];

    private Fingerprints(ReadOnlySpan<byte> key)
    {
        this.key = key.ToArray();
        var expanded = HKDF.Expand(HashAlgorithmName.SHA256, this.key, ((2 * KeysPerText) + 1) * 16, "exeunt fingerprints 1"u8.ToArray());
        keys = MemoryMarshal.Cast<byte, UInt128>(expanded).ToArray();
    }

    /// <summary>The key, for the file. Whoever has it can make ids that collide.</summary>
    public ReadOnlySpan<byte> Key => key;

    /// <summary>The expanded keys, for tests.</summary>
    internal ReadOnlySpan<UInt128> Keys => keys;

    /// <summary>Under a fresh random key.</summary>
    public static Fingerprints WithRandomKey() => new(RandomNumberGenerator.GetBytes(KeyBytes));

    /// <summary>Under a key that was saved.</summary>
    public static Fingerprints FromKey(ReadOnlySpan<byte> key) => new(key[..KeyBytes]);

    /// <summary>The issuer's part of the sum: computed once for all questions about a token.</summary>
    public UInt128 Issuer(string issuer)
    {
        foreach (ref var place in known.AsSpan())
        {
            if (Volatile.Read(ref place) is not { } one)
            {
                one = new(issuer, SumOfIssuer(issuer));
                Interlocked.CompareExchange(ref place, one, null);
                return one.Sum;
            }

            if (one.Text == issuer) return one.Sum;
        }

        return SumOfIssuer(issuer);
    }

    /// <summary>The fingerprint of an id within an issuer; <see cref="None"/> for an id that the token does not have.</summary>
    public ulong Of(UInt128 issuer, string? id)
    {
        if (id is null) return None;
        var mixed = Mix((ulong)((issuer + Sum(id, keys.AsSpan(KeysPerText, KeysPerText))) >> 64));
        return mixed == None ? 1 : mixed;
    }

    private UInt128 SumOfIssuer(string issuer) => keys[^1] + Sum(issuer, keys.AsSpan(0, KeysPerText));

    // The length keeps apart what padding with zeros would make the same.
    private static UInt128 Sum(ReadOnlySpan<char> text, ReadOnlySpan<UInt128> keys) =>
        text.Length <= LongestText ? Sum((ulong)text.Length, text, keys) : SumOfDigest(text, keys);

    private static UInt128 SumOfDigest(ReadOnlySpan<char> text, ReadOnlySpan<UInt128> keys)
    {
        Span<char> digest = stackalloc char[SHA256.HashSizeInBytes / sizeof(char)];
        SHA256.HashData(MemoryMarshal.AsBytes(text), MemoryMarshal.AsBytes(digest));
        return Sum((ulong)text.Length, digest, keys);
    }

    private static UInt128 Sum(ulong length, ReadOnlySpan<char> text, ReadOnlySpan<UInt128> keys)
    {
        var words = MemoryMarshal.Cast<char, ulong>(text);
        var rest = 0UL;
        for (var i = words.Length * CharsPerWord; i < text.Length; i++) rest = (rest << 16) | text[i];

        var halves = MemoryMarshal.Cast<UInt128, ulong>(keys)[..(2 * (words.Length + 2))];
        ulong lower = 0, upper = 0;
        AddProduct(halves[0], halves[1], length, ref lower, ref upper);
        AddProduct(halves[^2], halves[^1], rest, ref lower, ref upper);
        for (var i = 0; i < words.Length; i++) AddProduct(halves[(2 * i) + 2], halves[(2 * i) + 3], words[i], ref lower, ref upper);
        return new(upper, lower);
    }

    // One 128-bit key (its lower half comes first) times a word, added modulo 2¹²⁸. By hand, because UInt128 takes twice as long.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddProduct(ulong keyLower, ulong keyUpper, ulong word, ref ulong lower, ref ulong upper)
    {
        var high = Math.BigMul(keyLower, word, out var low);
        lower += low;
        upper += high + (keyUpper * word) + (lower < low ? 1UL : 0);
    }

    // A permutation (so it adds no collisions) that hides the sum's linearity: numbered ids would else lie in rows and crowd a table.
    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 33)) * 0xff51afd7ed558ccd;
        value = (value ^ (value >> 33)) * 0xc4ceb9fe1a85ec53;
        return value ^ (value >> 33);
    }

    private sealed class KnownIssuer(string text, UInt128 sum)
    {
        public string Text => text;

        public UInt128 Sum => sum;
    }
}
