using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Exeunt.Guard.Tokens;

/// <summary>
/// Hashes tokens under a random key of its own, from an almost universal family (NH of UMAC, RFC 4418 §5.2, with words of 64 bits): pairs of words, each with a key
/// added, are multiplied, and the products summed up modulo 2¹²⁸. Two different tokens, whatever they are, chosen without the key, have the same sum with a chance
/// of 2⁻⁶³ at most, and both sums, which have keys of their own, with 2⁻¹²⁶.
/// </summary>
/// <remarks>
/// It is no one-way function: with the key and a hash somebody could make a text that has it. Both lie in the memory of the process alone, beside the requests that
/// are being served, so who reads them there reads tokens as well (docs/decisions/0009).
/// </remarks>
internal sealed class TokenHashing
{
    /// <summary>Longest token that has a hash, in characters.</summary>
    public const int Longest = 4096;

    /// <summary>Bytes of the key: two keys of 16 bytes for each pair of words, and for the pair that holds the length.</summary>
    public const int KeyBytes = ((Longest / BytesPerPair) + 1) * BytesPerPair * 2;

    private const int BytesPerPair = 2 * sizeof(ulong);

    private readonly PairKeys[] keys;

    /// <summary>Under a fresh random key.</summary>
    public TokenHashing()
        : this(RandomNumberGenerator.GetBytes(KeyBytes))
    {
    }

    /// <summary>Under this key, for tests.</summary>
    internal TokenHashing(ReadOnlySpan<byte> key) => keys = MemoryMarshal.Cast<byte, PairKeys>(key[..KeyBytes]).ToArray();

    /// <summary>The hash of a token; null for what is too long, or not ASCII (a JWS always is, RFC 7515 §3.1).</summary>
    public TokenHash? Of(ReadOnlySpan<char> token)
    {
        if (token.Length > Longest) return null;

        Span<byte> text = stackalloc byte[(token.Length + BytesPerPair - 1) / BytesPerPair * BytesPerPair];
        text[token.Length..].Clear();
        if (Ascii.FromUtf16(token, text, out _) != OperationStatus.Done) return null;

        // The length keeps apart what the zeros would make the same. It has the key behind the last pair, which no shorter text uses.
        var pairs = MemoryMarshal.Cast<byte, Pair>(text);
        var under = keys.AsSpan(0, pairs.Length + 1);
        var (first, second) = (default(Sum), default(Sum));
        under[^1].AddProducts(new((ulong)token.Length, 0), ref first, ref second);
        for (var i = 0; i < pairs.Length; i++) under[i].AddProducts(pairs[i], ref first, ref second);
        return new(first.Upper, first.Lower, second.Lower, second.Upper);
    }

    private readonly record struct Pair(ulong One, ulong Other);

    private struct Sum
    {
        public ulong Lower;
        public ulong Upper;

        public void AddProduct(ulong one, ulong other)
        {
            Upper += Math.BigMul(one, other, out var low);
            Lower += low;
            if (Lower < low) Upper++;
        }
    }

    // What is added to the two words of a pair, for the first sum and for the second.
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct PairKeys
    {
        private readonly ulong one;
        private readonly ulong other;
        private readonly ulong oneOfSecond;
        private readonly ulong otherOfSecond;

        public void AddProducts(Pair pair, ref Sum first, ref Sum second)
        {
            first.AddProduct(pair.One + one, pair.Other + other);
            second.AddProduct(pair.One + oneOfSecond, pair.Other + otherOfSecond);
        }
    }
}

/// <summary>
/// A token as a value. First and last are the upper halves of the two sums, which together spread tokens over places: the lower bits of products are not even. Comparing
/// two need not take constant time, as nobody outside can compute one.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct TokenHash(ulong First, ulong Second, ulong Third, ulong Last);
