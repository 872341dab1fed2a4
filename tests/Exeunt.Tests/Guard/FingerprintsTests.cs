using Exeunt.Guard.Revocations;

namespace Exeunt.Tests.Guard;

public class FingerprintsTests
{
    /// <summary>CPython's hash of bytes is SipHash-1-3 as well; with PYTHONHASHSEED=0 its key is zero. The rows are its answers.</summary>
    [Theory]
    [InlineData(0x0, "", 0xbd60acb658c79e45)]
    [InlineData(0x0, "a", 0x64e05ac0b86dfc5a)]
    [InlineData(0x1, "abc", 0x1d1658949549d912)]
    [InlineData(0x0123456789abcdef, "ses_01jd7x0000e00800000000000", 0xe16b8a52cde09435)]
    public void They_are_SipHash_1_3(ulong first, string text, ulong hash) => Assert.Equal(hash, new Fingerprints(0, 0).Hash(first, text));

    [Fact]
    public void Every_index_has_a_key_of_its_own() =>
        Assert.NotEqual(Fingerprints.WithRandomKey().Of(0, "sess_1"), Fingerprints.WithRandomKey().Of(0, "sess_1"));

    [Fact]
    public void Issuer_and_id_do_not_run_into_each_other()
    {
        var some = Fingerprints.WithRandomKey();

        Assert.NotEqual(some.Of(some.Issuer("ab"), "c"), some.Of(some.Issuer("a"), "bc"));
        Assert.NotEqual(some.Of(some.Issuer("a"), ""), some.Of(some.Issuer(""), "a"));
    }

    [Fact]
    public void What_a_token_does_not_have_has_no_fingerprint_and_the_empty_text_has_one()
    {
        var some = Fingerprints.WithRandomKey();

        Assert.Equal(Fingerprints.None, some.Of(1, null));
        Assert.NotEqual(Fingerprints.None, some.Of(1, ""));
    }
}
