using System.Security.Cryptography;
using System.Text;
using Exeunt.Protocol.Jose;

namespace Exeunt.Tests.Protocol.Jose;

/// <summary>What a header may demand, and what it may not decide.</summary>
public class HeaderTests
{
    private static readonly JwkSet OneKey = new(Forge.Es256.Public);

    [Theory]
    [InlineData("none")]
    [InlineData("None")]
    [InlineData("NONE")]
    [InlineData("nOnE")]
    [InlineData("none ")]
    [InlineData("")]
    [InlineData("es256")]
    [InlineData("Es256")]
    [InlineData("ES256 ")]
    [InlineData("ES384")]
    [InlineData("ES256K")]
    [InlineData("EdDSA")]
    [InlineData("HS384")]
    [InlineData("HS512")]
    [InlineData("PS512")]
    [InlineData("RSA1_5")]
    [InlineData("dir")]
    public void JOSE_3_unknown_algorithms_and_none_in_any_case_are_rejected(string algorithm)
    {
        var header = $$"""{"alg":"{{algorithm}}"}""";
        Forge.AssertRejected(JwtRejection.WrongAlgorithm, Forge.Sign(Forge.Es256, header, Forge.Payload), keys: OneKey);
        Forge.AssertRejected(JwtRejection.Malformed, Forge.Encode(header) + "." + Forge.Encode(Forge.Payload) + ".", keys: OneKey); // no signature at all
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"alg":null}""")]
    [InlineData("""{"alg":256}""")]
    [InlineData("""{"alg":["ES256"]}""")]
    [InlineData("""{"ALG":"ES256"}""")]
    public void JOSE_3_an_algorithm_is_named_by_a_string(string header) =>
        Forge.AssertRejected(JwtRejection.Malformed, Forge.Sign(Forge.Es256, header, Forge.Payload), keys: OneKey);

    [Fact]
    public void JOSE_3_symmetry_confusion_with_a_public_key_as_HMAC_secret_is_rejected()
    {
        // Every spelling of a public key that an attacker could try as the secret.
        var spellings = new[] { PublicPem(Forge.Es256), PublicPem(Forge.Rs256), Encoding.UTF8.GetString(new JwkSet(Forge.Rs256.Public).ToUtf8()) };
        foreach (var spelling in spellings.SelectMany(text => new[] { text, text + "\n", text.ReplaceLineEndings("\r\n") }))
        {
            foreach (var key in new[] { Forge.Es256, Forge.Rs256 })
            {
                var token = Forge.SignWithSecret(Encoding.UTF8.GetBytes(spelling), $$"""{"alg":"HS256","kid":"{{key.KeyId}}"}""", Forge.Payload);
                Forge.AssertRejected(JwtRejection.WrongAlgorithm, token, keys: new(key.Public));
                Forge.AssertRejected(JwtRejection.UnknownKey, token, keys: new(VerificationKey.FromPem(PublicPem(key))));
            }
        }
    }

    [Theory]
    [InlineData("RS256")]
    [InlineData("PS256")]
    [InlineData("HS256")]
    public void JOSE_3_the_key_fixes_the_algorithm(string algorithm) => Forge.AssertRejected(
        JwtRejection.WrongAlgorithm,
        Forge.Sign(Forge.Es256, $$"""{"alg":"{{algorithm}}","kid":"{{Forge.Es256.KeyId}}"}""", Forge.Payload));

    [Fact]
    public void JOSE_3_an_algorithm_outside_the_allow_list_is_rejected_although_the_signature_is_right()
    {
        var token = Forge.Sign(Forge.Rs256, Forge.Header(Forge.Rs256), Forge.Payload);
        Forge.AssertValid(token);
        Forge.AssertRejected(JwtRejection.WrongAlgorithm, token, Forge.AnyRules with { Algorithms = [JwsAlgorithm.ES256, JwsAlgorithm.PS256] });
    }

    [Theory]
    [InlineData("""["exp"]""")]
    [InlineData("""["b64"]""")]
    [InlineData("""["alg"]""")]
    [InlineData("""["http://example.invalid/UNDEFINED"]""")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"exp\"")]
    [InlineData("{}")]
    public void JOSE_4_unknown_crit_is_rejected(string crit) => Forge.AssertRejected(
        JwtRejection.UnknownExtension,
        Forge.Sign(Forge.Es256, $$"""{"alg":"ES256","exp":1,"http://example.invalid/UNDEFINED":true,"crit":{{crit}}}""", Forge.Payload),
        keys: OneKey);

    [Theory]
    [InlineData("""{"alg":"ES256","b64":false}""")]
    [InlineData("""{"alg":"ES256","b64":true}""")]
    [InlineData("""{"alg":"ES256","b64":false,"crit":["b64"]}""")]
    public void JOSE_4_unencoded_payloads_are_rejected(string header) =>
        Forge.AssertRejected(JwtRejection.UnknownExtension, Forge.Sign(Forge.Es256, header, Forge.Payload), keys: OneKey);

    [Fact]
    public void JOSE_6_an_embedded_key_is_not_believed()
    {
        using var attacker = SigningKey.Generate();
        var own = Encoding.UTF8.GetString(new JwkSet(attacker.Public).ToUtf8())["{\"keys\":[".Length..^2];
        foreach (var keyId in new[] { attacker.KeyId, Forge.Es256.KeyId })
        {
            var header = $$"""{"alg":"ES256","kid":"{{keyId}}","jwk":{{own}},"jku":"https://attacker.example/jwks","x5u":"https://attacker.example/x","x5c":["AA=="]}""";
            Forge.AssertRejected(
                keyId == attacker.KeyId ? JwtRejection.UnknownKey : JwtRejection.WrongSignature,
                Forge.Sign(attacker, header, Forge.Payload),
                keys: OneKey);
        }
    }

    [Fact]
    public void JOSE_6_unknown_parameters_are_ignored() => Forge.AssertValid(
        Forge.Sign(Forge.Es256, $$"""{"alg":"ES256","kid":"{{Forge.Es256.KeyId}}","oiat":1,"cat":"x","jwk":17,"x5c":null}""", Forge.Payload));

    [Theory]
    [InlineData("\"\"")]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("[\"a\"]")]
    public void JOSE_7_kid_is_a_string_that_says_something(string keyId) =>
        Forge.AssertRejected(JwtRejection.Malformed, Forge.Sign(Forge.Es256, $$"""{"alg":"ES256","kid":{{keyId}}}""", Forge.Payload), keys: OneKey);

    [Fact]
    public void JOSE_7_kid_is_bounded()
    {
        string Named(int length) => Forge.Sign(Forge.Es256, $$"""{"alg":"ES256","kid":"{{new string('k', length)}}"}""", Forge.Payload);

        Forge.AssertRejected(JwtRejection.UnknownKey, Named(256), keys: OneKey);
        Forge.AssertRejected(JwtRejection.Malformed, Named(257), keys: OneKey);
    }

    [Theory]
    [InlineData("../../../etc/passwd")]
    [InlineData("' or 1=1 --")]
    [InlineData("https://attacker.example/key")]
    public void JOSE_7_kid_is_only_looked_up(string keyId) =>
        Forge.AssertRejected(JwtRejection.UnknownKey, Forge.Sign(Forge.Es256, $$"""{"alg":"ES256","kid":"{{keyId}}"}""", Forge.Payload), keys: OneKey);

    [Fact]
    public void JOSE_19_claims_are_judged_only_after_the_signature()
    {
        var token = Forge.Sign(Forge.Es256, Forge.Header(Forge.Es256), """{"iss":"https://other.example","exp":1,"nbf":"x"}""");
        var parts = token.Split('.');
        var forged = parts[0] + "." + parts[1] + "." + Forge.Sign(Forge.Es256, "{}", "{}").Split('.')[2];

        Assert.Equal(JwtRejection.MalformedClaim, ((JwtVerdict.Rejected)Forge.Judge(token)).Code);
        Forge.AssertRejected(JwtRejection.WrongSignature, forged);
        Forge.AssertRejected(JwtRejection.WrongSignature, parts[0] + "." + Forge.Encode("not JSON") + "." + parts[2]);
    }

    private static string PublicPem(SigningKey key)
    {
        using AsymmetricAlgorithm algorithm = key.Algorithm is JwsAlgorithm.ES256
            ? ECDsa.Create()
            : RSA.Create();
        algorithm.ImportFromPem(key.ExportPem());
        return algorithm.ExportSubjectPublicKeyInfoPem();
    }
}
