using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Exeunt.Guard.Tokens;

namespace Exeunt.Tests.Guard;

public class TokenHashingTests
{
    private readonly byte[] key = RandomNumberGenerator.GetBytes(TokenHashing.KeyBytes);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(693)]
    [InlineData(TokenHashing.Longest)]
    public void It_is_the_sum_of_products_that_the_family_is_defined_by(int length)
    {
        var token = RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz.-_0123456789", length);

        Assert.Equal(Defined(token), new TokenHashing(key).Of(token));
    }

    [Fact]
    public void A_token_that_differs_in_one_character_or_in_its_length_has_another_hash()
    {
        var hashing = new TokenHashing();
        var token = RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz", 300);
        HashSet<TokenHash> seen = [hashing.Of(token)!.Value];

        for (var i = 0; i < token.Length; i++)
        {
            Assert.True(seen.Add(hashing.Of(token.AsSpan(0, i))!.Value));
            Assert.True(seen.Add(hashing.Of($"{token.AsSpan(0, i)}{(char)(token[i] ^ 1)}{token.AsSpan(i + 1)}")!.Value));
        }

        for (var zeros = 1; zeros <= 40; zeros++) Assert.True(seen.Add(hashing.Of(token + new string('\0', zeros))!.Value));
    }

    [Fact]
    public void Another_process_hashes_otherwise() => Assert.NotEqual(new TokenHashing().Of("a.b.c"), new TokenHashing().Of("a.b.c"));

    [Fact]
    public void What_is_too_long_or_no_ascii_has_none()
    {
        Assert.Null(new TokenHashing().Of(new string('x', TokenHashing.Longest + 1)));
        Assert.Null(new TokenHashing().Of("a.b.ç"));
    }

    // Words are in the order of this machine, which is little-endian, filled up with zeros; the pair after the last holds the length.
    private TokenHash Defined(string token)
    {
        var pairs = (token.Length + 15) / 16;
        var text = new byte[(pairs + 1) * 16];
        Encoding.ASCII.GetBytes(token, text);
        BinaryPrimitives.WriteInt64LittleEndian(text.AsSpan(pairs * 16), token.Length);
        var (first, second) = (Sum(0), Sum(16));
        return new((ulong)(first >> 64), (ulong)first, (ulong)second, (ulong)(second >> 64));

        UInt128 Sum(int lane)
        {
            var sum = BigInteger.Zero;
            for (var pair = 0; pair <= pairs; pair++)
                sum += new BigInteger(Word(text, pair * 16) + Word(key, (pair * 32) + lane)) * (Word(text, (pair * 16) + 8) + Word(key, (pair * 32) + lane + 8));
            return (UInt128)(sum & ((BigInteger.One << 128) - 1));
        }
    }

    private static ulong Word(byte[] bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));
}
