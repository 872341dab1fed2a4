using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Exeunt.Guard.Tokens;

/// <summary>
/// A token under a random key of this process, as a value. Comparing two need not take constant time: nobody outside can compute one, and nobody who could would
/// know that of somebody else's token, as that depends on the token's signature.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct TokenHash(ulong First, ulong Second, ulong Third, ulong Last);

/// <summary>
/// Hashes tokens from an almost universal family (NH of UMAC, RFC 4418 §5.2, with words of 64 bits): pairs of words, each with a key added, are multiplied, and
/// the products summed up modulo 2¹²⁸. Two different tokens, whatever they are, have the same sum with a chance of 2⁻⁶³ at most, and both sums, which have keys of
/// their own, with 2⁻¹²⁶. It takes a tenth of the time of SHA-256, which is what a repeated token costs on every request.
/// </summary>
/// <remarks>
/// It is no one-way function, and need not be: what it yields are 256 bits of equations for the 512 unknown ones of a signature, so a memory dump with the key and
/// the hashes opens nothing either. It must not leave the process, where the key would have to go along.
/// </remarks>
internal sealed class TokenHashing
{
    /// <summary>Longest token that has a hash, in characters.</summary>
    public const int Longest = 4096;

    /// <summary>Bytes of the key: for each pair of words, and one pair more, a key for each of four words.</summary>
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

    /// <summary>The hash of a token; nothing for what is too long or no ASCII, as a JWS always is (RFC 7515 §3.1).</summary>
    public TokenHash? Of(ReadOnlySpan<char> token)
    {
        if (token.Length > Longest) return null;

        Span<byte> text = stackalloc byte[(token.Length + BytesPerPair - 1) / BytesPerPair * BytesPerPair]; // filled up with zeros
        if (Ascii.FromUtf16(token, text, out _) != OperationStatus.Done) return null;

        var pairs = MemoryMarshal.Cast<byte, Pair>(text);
        var under = keys.AsSpan(0, pairs.Length + 1);
        var (first, second) = (default(Sum), default(Sum));
        under[^1].AddProducts(new((ulong)token.Length, 0), ref first, ref second); // keeps apart what the zeros would make the same
        for (var i = 0; i < pairs.Length; i++) under[i].AddProducts(pairs[i], ref first, ref second);
        return new(first.Upper, first.Lower, second.Lower, second.Upper);
    }

    private readonly record struct Pair(ulong One, ulong Other);

    private struct Sum
    {
        public ulong Lower;
        public ulong Upper;

        public void Add(ulong one, ulong other)
        {
            Upper += Math.BigMul(one, other, out var low);
            Lower += low;
            if (Lower < low) Upper++;
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct PairKeys
    {
        private readonly ulong one;
        private readonly ulong other;
        private readonly ulong oneOfSecond;
        private readonly ulong otherOfSecond;

        public void AddProducts(Pair pair, ref Sum first, ref Sum second)
        {
            first.Add(pair.One + one, pair.Other + other);
            second.Add(pair.One + oneOfSecond, pair.Other + otherOfSecond);
        }
    }
}
