using System.Security.Cryptography;
using System.Text.Json;
using Exeunt.Protocol.Jose;

namespace Exeunt.Tests.Protocol.Jose;

/// <summary>Keys that sign: made, saved, read back, shared by threads, wiped.</summary>
public class SigningKeyTests
{
    [Theory]
    [InlineData(JwsAlgorithm.ES256, 64)]
    [InlineData(JwsAlgorithm.RS256, 256)]
    [InlineData(JwsAlgorithm.RS384, 256)]
    [InlineData(JwsAlgorithm.RS512, 256)]
    [InlineData(JwsAlgorithm.PS256, 256)]
    public void A_key_survives_its_PEM_and_verifies_what_it_signed_before(JwsAlgorithm algorithm, int signatureLength)
    {
        using var key = SigningKey.Generate(algorithm);
        using var read = SigningKey.FromPem(key.ExportPem(), algorithm);
        Assert.Equal(key.KeyId, read.KeyId);
        Assert.Equal(signatureLength, read.SignatureLength);

        var token = JwtWriter.Write(key, "JWT", static json => json.WriteString("iss", Forge.Issuer));
        Forge.AssertValid(token, keys: new(read.Public));
        Forge.AssertValid(Forge.Sign(read, Forge.Header(read), Forge.Payload), keys: new(key.Public));
    }

    [Fact]
    public void A_written_header_holds_alg_kid_and_typ_as_plain_text()
    {
        var token = JwtWriter.Write(Forge.Es256, "at+jwt", "{}"u8);
        Assert.Equal(Forge.Encode($$"""{"alg":"ES256","kid":"{{Forge.Es256.KeyId}}","typ":"at+jwt"}"""), token.Split('.')[0]);
    }

    [Fact]
    public void A_ready_payload_is_signed_byte_for_byte()
    {
        const string payload = """ {"iss" : "https://exeunt.example"} """;
        var token = JwtWriter.Write(Forge.Es256, "JWT", System.Text.Encoding.UTF8.GetBytes(payload));
        Assert.Equal(Forge.Encode(payload), token.Split('.')[1]);
        Forge.AssertValid(token);
    }

    [Fact]
    public void A_token_may_be_written_while_another_is_being_written()
    {
        var outer = JwtWriter.Write(Forge.Es256, "JWT", static json =>
        {
            json.WriteString("iss", Forge.Issuer);
            json.WriteString("inner", JwtWriter.Write(Forge.Es256, "JWT", static inner => inner.WriteString("iss", Forge.Issuer)));
        });

        Forge.AssertValid(Forge.AssertValid(outer).Text("inner")!);
    }

    [Fact]
    public void A_writer_that_fails_leaves_nothing_behind_for_the_next_one()
    {
        Assert.Throws<JsonException>(() => JwtWriter.Write(Forge.Es256, "JWT", static json =>
        {
            json.WriteString("leaked", "x");
            throw new JsonException();
        }));

        Assert.False(Forge.AssertValid(JwtWriter.Write(Forge.Es256, "JWT", static json => json.WriteString("iss", Forge.Issuer))).Has("leaked"));
    }

    [Fact]
    public void Many_threads_sign_and_verify_with_one_key_at_once()
    {
        using var key = SigningKey.Generate();
        var keys = new JwkSet(key.Public);
        Parallel.For(0, 2_000, new ParallelOptions { MaxDegreeOfParallelism = 64 }, i =>
        {
            var token = JwtWriter.Write(key, "JWT", i, static (json, i) =>
            {
                json.WriteString("iss", Forge.Issuer);
                json.WriteNumber("i", i);
            });
            Assert.Equal(i, Forge.AssertValid(token, keys: keys).Number("i"));
        });
    }

    [Fact]
    public void Signing_with_ES256_allocates_nothing_of_its_own()
    {
        using var key = SigningKey.Generate();
        var data = new byte[300];
        var signature = new byte[64];
        using var bare = ECDsa.Create();
        bare.ImportFromPem(key.ExportPem());

        // Of several, the least: what the runtime itself makes now and then is in one of them and not in all.
        long Least(Action act) => Enumerable.Range(0, 5).Min(_ => Allocated(act));

        long Allocated(Action act)
        {
            for (var i = 0; i < 50; i++) act();
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 50; i++) act();
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        // The framework's own signing may allocate; what is judged is what the pool adds to it.
        var framework = Least(() => bare.SignData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
        Assert.InRange(Least(() => key.Sign(data, signature)), 0, framework);
    }

    [Fact]
    public void A_disposed_key_signs_nothing()
    {
        var key = SigningKey.Generate();
        key.Dispose();
        key.Dispose();
        Assert.Throws<ObjectDisposedException>(() => key.Sign([], new byte[64]));
        Assert.Throws<ObjectDisposedException>(key.ExportPem);
    }

    [Fact]
    public void Room_that_is_too_small_is_a_mistake() => Assert.Throws<ArgumentException>(() => Forge.Es256.Sign([], new byte[63]));

    [Fact]
    public void JOSE_10_HS256_makes_no_signing_key_and_a_secret_has_at_least_256_bits()
    {
        Assert.Throws<ArgumentException>(() => SigningKey.Generate(JwsAlgorithm.HS256));
        Assert.Throws<FormatException>(() => VerificationKey.FromSecret(new byte[31]));
        Assert.Null(VerificationKey.FromSecret(new byte[32]).Thumbprint);
    }

    public static TheoryData<string, string> BadPems
    {
        get
        {
            using var small = RSA.Create(1024);
            using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
            using var good = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            return new()
            {
                { "nothing", "" },
                { "no PEM", "secret" },
                { "broken", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----" },
                { "two keys", good.ExportPkcs8PrivateKeyPem() + "\n" + good.ExportPkcs8PrivateKeyPem() },
                { "RSA 1024", small.ExportPkcs8PrivateKeyPem() },
                { "P-384", p384.ExportPkcs8PrivateKeyPem() },
                { "public", good.ExportSubjectPublicKeyInfoPem() },
                { "encrypted", good.ExportEncryptedPkcs8PrivateKeyPem("pw", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1)) },
            };
        }
    }

    [Theory]
    [MemberData(nameof(BadPems))]
    public void A_PEM_that_holds_no_usable_private_key_says_why_without_quoting_it(string what, string pem)
    {
        var failure = Assert.Throws<FormatException>(() => SigningKey.FromPem(pem));
        var quoted = pem.Split('\n').Where(line => line.Length > 20 && !line.StartsWith('-')).Any(line => failure.ToString().Contains(line, StringComparison.Ordinal));
        Assert.False(quoted, what);
    }

    [Fact]
    public void A_PEM_of_another_kind_than_the_algorithm_is_refused()
    {
        Assert.Throws<FormatException>(() => SigningKey.FromPem(Forge.Es256.ExportPem(), JwsAlgorithm.RS256));
        Assert.Throws<FormatException>(() => SigningKey.FromPem(Forge.Rs256.ExportPem(), JwsAlgorithm.ES256));
        Assert.Throws<FormatException>(() => VerificationKey.FromPem(Forge.Rs256.ExportPem())); // private where the public half belongs
    }
}
