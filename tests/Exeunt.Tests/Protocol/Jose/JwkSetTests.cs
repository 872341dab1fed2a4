using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Exeunt.Protocol.Jose;

namespace Exeunt.Tests.Protocol.Jose;

/// <summary>Which published keys may verify a signature, and which make a whole set doubtful.</summary>
public class JwkSetTests
{
    private const string X = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
    private const string Y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
    private static readonly string Ec = $$"""{"kty":"EC","crv":"P-256","x":"{{X}}","y":"{{Y}}"}""";

    public static TheoryData<string, string> Unusable => new()
    {
        { "use is not sig.", With("\"use\":\"enc\"") },
        { "use is not a string.", With("\"use\":null") },
        { "key_ops does not contain verify.", With("\"key_ops\":[\"sign\"]") },
        { "key_ops does not contain verify.", With("\"key_ops\":[]") },
        { "key_ops does not contain verify.", With("\"key_ops\":\"verify\"") },
        { "key_ops does not contain verify.", With("\"key_ops\":[\"verify\",1]") },
        { "alg is not one that is understood for this kind of key.", With("\"alg\":\"RS256\"") },
        { "alg is not one that is understood for this kind of key.", With("\"alg\":\"ES384\"") },
        { "alg is not one that is understood for this kind of key.", With("\"alg\":\"none\"") },
        { "alg is not one that is understood for this kind of key.", With("\"alg\":\"HS256\"") },
        { "alg is not a string.", With("\"alg\":7") },
        { "kid has 1 to 256 characters.", With("\"kid\":\"\"") },
        { "kid has 1 to 256 characters.", With($"\"kid\":\"{new string('k', 257)}\"") },
        { "kid is not a string.", With("\"kid\":1") },
        { "The key is published with its private part.", With("\"d\":\"AA\"") },
        { "The key is published with its private part.", """{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}""" },
        { "kty is neither EC nor RSA.", "{}" },
        { "kty is neither EC nor RSA.", """{"kty":"ec"}""" },
        { "kty is neither EC nor RSA.", """{"kty":"oct"}""" },
        { "A JWK is a JSON object.", "7" },
        { "crv is not P-256.", $$"""{"kty":"EC","x":"{{X}}","y":"{{Y}}"}""" },
        { "crv is not P-256.", $$"""{"kty":"EC","crv":"secp256k1","x":"{{X}}","y":"{{Y}}"}""" },
        { "A coordinate of a P-256 key is not 32 bytes long.", $$"""{"kty":"EC","crv":"P-256","x":"{{X}}"}""" },
        { "A coordinate of a P-256 key is not 32 bytes long.", $$"""{"kty":"EC","crv":"P-256","x":"{{X}}","y":"{{Y}}="}""" },
        { "A coordinate of a P-256 key is not 32 bytes long.", $$"""{"kty":"EC","crv":"P-256","x":"{{X}}","y":"{{Y[..^1]}}1"}""" }, // unused bits
        { "A coordinate of a P-256 key is not 32 bytes long.", $$"""{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}""" },
        { "The point of the EC key is not on the curve P-256.", $$"""{"kty":"EC","crv":"P-256","x":"{{Y}}","y":"{{X}}"}""" },
        { "The point of the EC key is not on the curve P-256.", $$"""{"kty":"EC","crv":"P-256","x":"{{new string('A', 43)}}","y":"{{new string('A', 43)}}"}""" },
        { "An RSA key has 1024 bits; 2048 to 8192 are accepted.", Rsa(1024) },
        { "An RSA key has 2047 bits; 2048 to 8192 are accepted.", Rsa(2047) },
        { "An RSA key has 8193 bits; 2048 to 8192 are accepted.", Rsa(8193) },
        { "The exponent of an RSA key is odd, greater than 1 and at most 32 bits long.", Rsa(2048, 1) },
        { "The exponent of an RSA key is odd, greater than 1 and at most 32 bits long.", Rsa(2048, 1, 0) },
        { "The exponent of an RSA key is odd, greater than 1 and at most 32 bits long.", Rsa(2048, 1, 0, 0, 0, 1) },
        { "n and e of an RSA key are the shortest big-endian form of a positive number (RFC 7518 §6.3.1).", Rsa(2048, 0) },
        { "n and e of an RSA key are the shortest big-endian form of a positive number (RFC 7518 §6.3.1).", Rsa(2048, 0, 3) },
        { "n and e of an RSA key are the shortest big-endian form of a positive number (RFC 7518 §6.3.1).", """{"kty":"RSA","e":"AQAB"}""" },
        { "The modulus of an RSA key is odd.", EvenRsa() },
    };

    [Theory]
    [MemberData(nameof(Unusable))]
    public void JOSE_10_JOSE_12_an_unusable_key_is_left_out_and_the_others_stay(string why, string jwk)
    {
        Assert.True(JwkSet.TryParse(Encoding.UTF8.GetBytes($$"""{"keys":[{{jwk}},{{Ec}}]}"""), out var set, out _));
        Assert.Equal("oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U", Assert.Single(set.Keys).Thumbprint);
        Assert.Equal($"Key 1: {why}", Assert.Single(set.Ignored));
    }

    [Theory]
    [InlineData("\"use\":\"sig\"")]
    [InlineData("\"key_ops\":[\"verify\"]")]
    [InlineData("\"key_ops\":[\"sign\",\"verify\"]")]
    [InlineData("\"alg\":\"ES256\"")]
    [InlineData("\"x5c\":[\"AAAA\"],\"x5t\":1,\"ext\":true")]
    public void JOSE_12_a_key_for_verifying_is_taken(string members) => Assert.NotNull(VerificationKey.FromJwk(Encoding.UTF8.GetBytes(With(members))));

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"keys":null}""")]
    [InlineData("""{"keys":{}}""")]
    [InlineData("""{"keys":[]""")]
    [InlineData("""{"keys":[],"keys":[]}""")]
    [InlineData("""{"keys":[{"kty":"EC","kty":"RSA"}]}""")]
    [InlineData("<html>")]
    public void JOSE_12_what_is_no_key_set_is_refused_as_a_whole(string text)
    {
        Assert.False(JwkSet.TryParse(Encoding.UTF8.GetBytes(text), out var set, out var why));
        Assert.Null(set);
        Assert.NotEmpty(why);
    }

    [Fact]
    public void JOSE_12_a_kid_given_twice_refuses_the_set()
    {
        var other = Encoding.UTF8.GetString(new JwkSet(Forge.Rs256.Public).ToUtf8())["{\"keys\":[".Length..^2].Replace(Forge.Rs256.KeyId, "same", StringComparison.Ordinal);
        Assert.False(JwkSet.TryParse(Encoding.UTF8.GetBytes($$"""{"keys":[{{With("\"kid\":\"same\"")}},{{other}}]}"""), out _, out var why));
        Assert.Equal("Two keys of the set carry the same kid.", why);
        Assert.Throws<ArgumentException>(() => new JwkSet(Forge.Es256.Public, Forge.Es256.Public));
    }

    [Fact]
    public void JOSE_12_size_and_count_are_bounded()
    {
        string Set(int keys) => $$"""{"keys":[{{string.Join(',', Enumerable.Repeat("{}", keys))}}]}""";

        Assert.True(JwkSet.TryParse(Encoding.UTF8.GetBytes(Set(100)), out _, out _));
        Assert.False(JwkSet.TryParse(Encoding.UTF8.GetBytes(Set(101)), out _, out _));
        Assert.False(JwkSet.TryParse(Encoding.UTF8.GetBytes("{\"keys\":[]" + new string(' ', 256 * 1024) + "}"), out _, out _));
    }

    [Fact]
    public void JOSE_13_a_published_set_holds_public_members_only()
    {
        using var ps256 = SigningKey.Generate(JwsAlgorithm.PS256);
        using var json = JsonDocument.Parse(new JwkSet(Forge.Es256.Public, Forge.Rs256.Public, ps256.Public).ToUtf8());

        var keys = json.RootElement.GetProperty("keys").EnumerateArray().Select(key => key.EnumerateObject().Select(member => member.Name)).ToArray();
        Assert.Equal(["crv", "kty", "x", "y", "kid", "alg", "use"], keys[0]);
        Assert.Equal(["e", "kty", "n", "kid", "alg", "use"], keys[1]);
        Assert.Equal(["e", "kty", "n", "kid", "alg", "use"], keys[2]);
        Assert.Throws<InvalidOperationException>(() => new JwkSet(VerificationKey.FromSecret(Forge.Secret)).ToUtf8());
    }

    [Fact]
    public void JOSE_13_a_published_set_reads_back_with_its_names_and_algorithms()
    {
        using var ps256 = SigningKey.Generate(JwsAlgorithm.PS256);
        Assert.True(JwkSet.TryParse(new JwkSet(Forge.Es256.Public, Forge.Rs256.Public, ps256.Public).ToUtf8(), out var set, out _));

        Assert.Empty(set.Ignored);
        Assert.Equal([Forge.Es256.KeyId, Forge.Rs256.KeyId, ps256.KeyId], set.Keys.Select(key => key.KeyId!));
        Assert.Equal([JwsAlgorithm.ES256, JwsAlgorithm.RS256, JwsAlgorithm.PS256], set.Keys.Select(key => key.Algorithm));
        Assert.All(set.Keys, key => Assert.Equal(key.KeyId, key.Thumbprint));
    }

    [Fact]
    public void JOSE_7_a_key_is_found_by_its_name_only_and_a_nameless_one_by_being_alone()
    {
        var nameless = VerificationKey.FromJwk(Encoding.UTF8.GetBytes(Ec));
        var set = new JwkSet(Forge.Es256.Public, nameless);

        Assert.Same(Forge.Es256.Public, set.Find(Forge.Es256.KeyId, JwsAlgorithm.ES256));
        Assert.Same(nameless, set.Find("never heard of", JwsAlgorithm.ES256));
        Assert.Null(set.Find(null, JwsAlgorithm.ES256)); // either could be meant
        Assert.Null(set.Find(Forge.Es256.KeyId, JwsAlgorithm.RS256));
        Assert.Null(new JwkSet(Forge.Es256.Public).Find("never heard of", JwsAlgorithm.ES256));
        Assert.Same(Forge.Es256.Public, new JwkSet(Forge.Es256.Public, Forge.Rs256.Public).Find(null, JwsAlgorithm.ES256));
        Assert.Null(JwkSet.Empty.Find(null, JwsAlgorithm.ES256));
    }

    [Fact]
    public void JOSE_3_an_RSA_key_that_names_no_algorithm_serves_every_RSA_algorithm_of_the_rules_and_one_that_does_only_its_own()
    {
        using var rsa = RSA.Create(2048);
        var open = VerificationKey.FromPem(rsa.ExportSubjectPublicKeyInfoPem());
        var bound = VerificationKey.FromPem(rsa.ExportSubjectPublicKeyInfoPem(), JwsAlgorithm.PS256);
        foreach (var algorithm in (JwsAlgorithm[])[JwsAlgorithm.RS256, JwsAlgorithm.RS384, JwsAlgorithm.RS512, JwsAlgorithm.PS256])
        {
            using var key = SigningKey.FromPem(rsa.ExportPkcs8PrivateKeyPem(), algorithm);
            var token = Forge.Sign(key, Forge.Header(key), Forge.Payload);

            Forge.AssertValid(token, keys: new(open));
            if (algorithm is JwsAlgorithm.PS256) Forge.AssertValid(token, keys: new(bound));
            else Forge.AssertRejected(JwtRejection.UnknownKey, token, keys: new(bound));
        }
    }

    private static string With(string members) => Ec[..^1] + "," + members + "}";

    private static string EvenRsa()
    {
        var modulus = new byte[256];
        modulus.AsSpan().Fill(0xFE);
        return $$"""{"kty":"RSA","n":"{{Base64Url.EncodeToString(modulus)}}","e":"AQAB"}""";
    }

    private static string Rsa(int bits, params byte[] exponent)
    {
        var modulus = new byte[(bits + 7) / 8];
        modulus.AsSpan().Fill(0xFF);
        modulus[0] = (byte)(0xFF >> (8 * modulus.Length - bits));
        return $$"""{"kty":"RSA","n":"{{Base64Url.EncodeToString(modulus)}}","e":"{{Base64Url.EncodeToString(exponent is [] ? [1, 0, 1] : exponent)}}"}""";
    }
}
