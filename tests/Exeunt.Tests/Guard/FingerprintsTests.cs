using System.Numerics;
using System.Text;
using Exeunt.Guard.Revocations;

namespace Exeunt.Tests.Guard;

public class FingerprintsTests
{
    private static readonly BigInteger Modulus = BigInteger.One << 128;
    private readonly Fingerprints some = Fingerprints.WithRandomKey();

    [Theory]
    [InlineData("https://id.example.com", "ses_01fwhe4ydgfk1shh6w1g60eecf")]
    [InlineData("", "")]
    [InlineData("a", "abc")]
    [InlineData("abcd", "abcdefgh")]
    [InlineData("ключ", "日本語\0")]
    public void They_are_the_sum_of_products_that_they_claim_to_be(string issuer, string id)
    {
        var count = (some.Keys.Length - 1) / 2;
        var sum = ((BigInteger)some.Keys[^1] + Products(issuer, 0) + Products(id, count)) % Modulus;

        Assert.Equal(Mixed((ulong)(sum >> 64)), some.Of(some.Issuer(issuer), id));
    }

    [Fact]
    public void An_issuer_that_is_remembered_and_one_too_many_count_as_at_first_and_cost_no_memory()
    {
        string[] issuers = [.. Enumerable.Range(0, 10).Select(i => $"https://id{i}.example.com")];
        var first = Sums();
        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var issuer in issuers) some.Issuer(issuer);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        Assert.Equal(first, Sums());
        Assert.Equal(first, Enumerable.Reverse(issuers).Select(Fingerprints.FromKey(some.Key).Issuer).Reverse());
        Assert.Equal(issuers.Length, first.Distinct().Count());

        UInt128[] Sums() => [.. issuers.Select(issuer => some.Issuer(new string(issuer.AsSpan())))];
    }

    [Fact]
    public void Every_index_has_a_key_of_its_own_and_the_same_key_makes_the_same()
    {
        Assert.NotEqual(some.Of(0, "sess_1"), Fingerprints.WithRandomKey().Of(0, "sess_1"));
        Assert.Equal(some.Of(0, "sess_1"), Fingerprints.FromKey(some.Key).Of(0, "sess_1"));
    }

    [Fact]
    public void Issuer_and_id_do_not_run_into_each_other_nor_do_zeros_at_the_end()
    {
        string[] texts =
        [
            "", "\0", "\0\0\0\0", "\0\0\0\0\0", "a", "a\0", "ab", "b", "abcd", "abcd\0", "abcde",
            new('a', 256), new('a', 257), new('a', 258), new string('a', 256) + "b",
        ];
        var all = texts.SelectMany(issuer => texts.Select(id => some.Of(some.Issuer(issuer), id))).ToList();

        Assert.Equal(all.Count, all.Distinct().Count());
    }

    [Fact]
    public void What_a_token_does_not_have_has_no_fingerprint_and_the_empty_text_has_one()
    {
        Assert.Equal(Fingerprints.None, some.Of(1, null));
        Assert.NotEqual(Fingerprints.None, some.Of(1, ""));
    }

    [Fact]
    public void Numbered_ids_spread_over_a_table_as_evenly_as_random_ones()
    {
        const int Buckets = 1000, Ids = 100_000;
        var issuer = some.Issuer("https://id.example.com");
        var counts = new int[Buckets];
        for (var i = 0; i < Ids; i++) counts[BlockedFilter.Place(some.Of(issuer, $"sess_{i}"), Buckets)]++;

        // Chi-squared with 999 degrees of freedom: mean 999, standard deviation 45; ten of them on either side.
        var chi = counts.Sum(c => (c - 100.0) * (c - 100.0) / 100.0);
        Assert.InRange(chi, 999 - 450, 999 + 450);
    }

    [Fact]
    public void The_filter_lets_few_strangers_pass_and_every_entry()
    {
        const int Capacity = 10_000, Entries = 7_500; // as full as a table ever is
        var filter = new BlockedFilter(Capacity);
        for (var i = 0; i < Entries; i++) filter.Add(some.Of(0, $"in-{i}"));

        Assert.All(Enumerable.Range(0, Entries), i => Assert.True(filter.MayContain(some.Of(0, $"in-{i}"))));
        Assert.InRange(Enumerable.Range(0, 100_000).Count(i => filter.MayContain(some.Of(0, $"out-{i}"))), 0, 2_000);
    }

    // The definition, word by word: four UTF-16 units each, the last ones of a text read most significant first.
    private BigInteger Products(string text, int firstKey)
    {
        var sum = (BigInteger)some.Keys[firstKey] * text.Length;
        var whole = text.Length / 4;
        for (var i = 0; i < whole; i++) sum += (BigInteger)some.Keys[firstKey + 1 + i] * BitConverter.ToUInt64(Encoding.Unicode.GetBytes(text, i * 4, 4));
        var last = text[(whole * 4)..].Aggregate(BigInteger.Zero, (v, c) => (v << 16) + c);
        return sum + ((BigInteger)some.Keys[firstKey + 1 + whole] * last);
    }

    private static ulong Mixed(ulong v)
    {
        v = (v ^ (v >> 33)) * 0xff51afd7ed558ccd;
        v = (v ^ (v >> 33)) * 0xc4ceb9fe1a85ec53;
        return v ^ (v >> 33);
    }
}
