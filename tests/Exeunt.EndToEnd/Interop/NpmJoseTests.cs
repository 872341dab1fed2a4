using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Exeunt.Protocol.AccessTokens;
using Exeunt.Protocol.Jose;

namespace Exeunt.EndToEnd.Interop;

/// <summary>The JOSE layer against npm <c>jose</c>, in both directions: what one signs, the other verifies.</summary>
public class NpmJoseTests
{
    private const string Issuer = "https://exeunt.example";
    private const long Now = 1_800_000_000;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Npm_jose_verifies_our_tokens_with_our_published_keys()
    {
        var algorithms = Enum.GetValues<JwsAlgorithm>().Where(algorithm => algorithm is not JwsAlgorithm.HS256).ToArray();
        var keys = algorithms.ToDictionary(algorithm => algorithm.ToString(), SigningKey.Generate);
        var published = Encoding.UTF8.GetString(new JwkSet(keys.Values.Select(key => key.Public)).ToUtf8());

        // Proof that it really looks: the same tokens damaged, and signed with a key that is not published.
        using var stranger = SigningKey.Generate();
        var tokens = keys.ToDictionary(pair => pair.Key, pair => OurToken(pair.Value));
        tokens["stranger"] = OurToken(stranger);
        tokens["swapped"] = tokens["ES256"][..(tokens["ES256"].LastIndexOf('.') + 1)] + OurToken(keys["ES256"], "usr_other").Split('.')[2];

        using var answer = await NodeProcess.AskAsync(
            "jose.mjs", "verify", new { jwks = JsonSerializer.Deserialize<JsonElement>(published), tokens, issuer = Issuer, audience = "api", now = Now }, Ct);

        var results = answer.RootElement.GetProperty("results");
        foreach (var (name, key) in keys)
        {
            Assert.False(results.GetProperty(name).TryGetProperty("error", out var error), $"{name}: {error}");
            Assert.Equal("usr_1", results.GetProperty(name).GetProperty("claims").GetProperty("sub").GetString());
            Assert.Equal(
                $$"""{"alg":"{{name}}","kid":"{{key.KeyId}}","typ":"at+jwt"}""",
                results.GetProperty(name).GetProperty("header").GetRawText());
        }

        Assert.Equal("ERR_JWKS_NO_MATCHING_KEY", results.GetProperty("stranger").GetProperty("error").GetString());
        Assert.Equal("ERR_JWS_SIGNATURE_VERIFICATION_FAILED", results.GetProperty("swapped").GetProperty("error").GetString());
        Assert.Equal(keys.Values.Select(key => key.KeyId), answer.RootElement.GetProperty("thumbprints").EnumerateArray().Select(thumbprint => thumbprint.GetString()!));

        foreach (var key in keys.Values) key.Dispose();
    }

    [Fact]
    public async Task We_verify_the_tokens_of_npm_jose_with_its_published_keys()
    {
        using var minted = await NodeProcess.AskAsync("jose.mjs", "mint", input: null, Ct);
        var document = Encoding.UTF8.GetBytes(minted.RootElement.GetProperty("jwks").GetRawText());
        Assert.True(JwkSet.TryParse(document, out var published, out var why), why);
        Assert.Equal(2, published.Ignored.Count); // ES384 and EdDSA are not understood, and do no harm

        var keys = new JwkSet([.. published.Keys, VerificationKey.FromSecret(Base64Url.DecodeFromChars(minted.RootElement.GetProperty("secret").GetString()))]);
        var rules = new JwtRules
        {
            Kind = TokenKind.AccessToken,
            Algorithms = Enum.GetValues<JwsAlgorithm>(),
            Issuer = minted.RootElement.GetProperty("issuer").GetString()!,
            Audiences = ["api"],
        };
        var tokens = minted.RootElement.GetProperty("tokens");

        foreach (var algorithm in Enum.GetValues<JwsAlgorithm>())
        {
            var token = tokens.GetProperty(algorithm.ToString()).GetString()!;
            var valid = Assert.IsType<JwtVerdict.Valid>(JwtVerifier.Verify(token, keys, rules, DateTimeOffset.FromUnixTimeSeconds(Now)));
            Assert.Equal(algorithm, valid.Key.Algorithm);
            Assert.Equal(["admin", "ünï"], valid.Claims.Texts("roles"));
            Assert.IsType<JwtVerdict.Expired>(JwtVerifier.Verify(token, keys, rules, DateTimeOffset.FromUnixTimeSeconds(Now + 900)));
        }

        foreach (var algorithm in (string[])["ES384", "EdDSA"])
        {
            var rejected = JwtVerifier.Verify(tokens.GetProperty(algorithm).GetString(), keys, rules, DateTimeOffset.FromUnixTimeSeconds(Now));
            Assert.Equal(JwtRejection.WrongAlgorithm, Assert.IsType<JwtVerdict.Rejected>(rejected).Code);
        }

        foreach (var thumbprint in minted.RootElement.GetProperty("thumbprints").EnumerateObject())
            Assert.Equal(thumbprint.Value.GetString(), Assert.Single(published.Keys, key => key.Algorithm.ToString() == thumbprint.Name).Thumbprint);
    }

    private static string OurToken(SigningKey key, string subject = "usr_1") => new AccessToken
    {
        Issuer = Issuer,
        Subject = subject,
        Audiences = ["api"],
        ClientId = "app_1",
        Jti = "tok_1",
        Sid = "ses_1",
        IssuedAt = DateTimeOffset.FromUnixTimeSeconds(Now),
        ExpiresAt = DateTimeOffset.FromUnixTimeSeconds(Now + 900),
        Roles = ["admin"],
    }.Sign(key);
}
