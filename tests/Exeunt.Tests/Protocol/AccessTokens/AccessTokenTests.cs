using System.Text.Json;
using Exeunt.Protocol.AccessTokens;
using Exeunt.Protocol.Jose;
using Exeunt.Tests.Protocol.Jose;

namespace Exeunt.Tests.Protocol.AccessTokens;

public class AccessTokenTests
{
    private static readonly AccessTokenVerifier Verifier = new(Forge.Issuer, ["api", "api-by-its-old-name"]);

    private static readonly AccessToken Facts = new()
    {
        Issuer = Forge.Issuer,
        Subject = "usr_01",
        Audiences = ["api"],
        ClientId = "app_web",
        Jti = "tok_01",
        Sid = "ses_01",
        IssuedAt = Forge.Now,
        ExpiresAt = Forge.Now.AddMinutes(15),
        AuthTime = Forge.Now.AddDays(-3),
        Amr = ["pwd"],
        Roles = ["admin", "user"],
    };

    /// <summary>The smallest payload that is valid; tests leave one member out or change it.</summary>
    private static readonly Dictionary<string, object?> Least = new()
    {
        ["iss"] = Forge.Issuer,
        ["aud"] = "api",
        ["sub"] = "usr_01",
        ["client_id"] = "app_web",
        ["iat"] = 1800000000,
        ["exp"] = 1800000900,
        ["jti"] = "tok_01",
        ["sid"] = "ses_01",
    };

    [Theory]
    [InlineData(JwsAlgorithm.ES256)]
    [InlineData(JwsAlgorithm.RS256)]
    public void AT_1_AT_3_all_facts_survive_signing_and_verifying(JwsAlgorithm algorithm)
    {
        var key = algorithm is JwsAlgorithm.ES256 ? Forge.Es256 : Forge.Rs256;
        var read = Assert.IsType<AccessTokenVerdict.Valid>(Verifier.Verify(Facts.Sign(key), Forge.Keys, Forge.Now)).Token;

        Assert.Equivalent(Facts with { KeyId = key.KeyId }, read, strict: true);
    }

    [Fact]
    public void A_token_as_written_is_what_its_reader_finds()
    {
        var half = TimeSpan.FromMilliseconds(500);
        var made = Facts with { IssuedAt = Facts.IssuedAt + half, ExpiresAt = Facts.ExpiresAt + half, AuthTime = Facts.AuthTime + half, KeyId = Forge.Es256.KeyId };
        var read = Assert.IsType<AccessTokenVerdict.Valid>(Verifier.Verify(made.Sign(Forge.Es256), Forge.Keys, Forge.Now)).Token;

        Assert.Equivalent(made.AsWritten(), read, strict: true);
    }

    [Fact]
    public void The_wire_form_of_an_access_token_stays_as_it_is()
    {
        var payload = CanonicalBase64Url.Decode(Facts.Sign(Forge.Es256).Split('.')[1]);
        Assert.Equal(
            """{"iss":"https://exeunt.example","sub":"usr_01","aud":"api","client_id":"app_web","iat":1800000000,"exp":1800000900,"jti":"tok_01","sid":"ses_01","auth_time":1799740800,"amr":["pwd"],"roles":["admin","user"]}""",
            System.Text.Encoding.UTF8.GetString(payload!));
    }

    [Fact]
    public void An_expired_token_still_proves_whose_session_it_was()
    {
        var token = Facts.Sign(Forge.Es256);

        Assert.IsType<AccessTokenVerdict.Valid>(Verifier.Verify(token, Forge.Keys, Facts.ExpiresAt.AddTicks(-1)));
        Assert.Equal("ses_01", Assert.IsType<AccessTokenVerdict.Expired>(Verifier.Verify(token, Forge.Keys, Facts.ExpiresAt)).Token.Sid);
    }

    [Fact]
    public void AT_6_the_leeway_of_an_API_whose_clock_is_fast_is_given_to_the_token()
    {
        var patient = new AccessTokenVerifier(Forge.Issuer, ["api"], TimeSpan.FromSeconds(30));
        Assert.IsType<AccessTokenVerdict.Valid>(patient.Verify(Facts.Sign(Forge.Es256), Forge.Keys, Facts.ExpiresAt.AddSeconds(29)));
        Assert.IsType<AccessTokenVerdict.Expired>(patient.Verify(Facts.Sign(Forge.Es256), Forge.Keys, Facts.ExpiresAt.AddSeconds(30)));
    }

    [Theory]
    [InlineData("iss", JwtRejection.MissingClaim)]
    [InlineData("aud", JwtRejection.MissingClaim)]
    [InlineData("sub", JwtRejection.MissingClaim)]
    [InlineData("client_id", JwtRejection.MissingClaim)]
    [InlineData("iat", JwtRejection.MissingClaim)]
    [InlineData("exp", JwtRejection.MissingClaim)]
    [InlineData("jti", JwtRejection.MissingClaim)]
    [InlineData("sid", JwtRejection.MissingClaim)]
    public void AT_2_AT_5_a_required_claim_is_missing(string name, JwtRejection code)
    {
        Assert.IsType<AccessTokenVerdict.Valid>(Judge(Least));
        AssertCode(code, Judge(Least.Where(claim => claim.Key != name).ToDictionary()));
    }

    [Theory]
    [InlineData("sub", 7)]
    [InlineData("client_id", 7)]
    [InlineData("jti", 7)]
    [InlineData("sid", 7)]
    [InlineData("auth_time", "yesterday")]
    [InlineData("auth_time", null)]
    [InlineData("amr", "pwd")]
    [InlineData("roles", "admin")]
    [InlineData("roles", null)]
    public void AT_2_a_claim_of_another_type_is_rejected(string name, object? value) =>
        AssertCode(JwtRejection.MalformedClaim, Judge(new(Least) { [name] = value }));

    [Fact]
    public void AT_6_the_claims_decide_for_whom_and_by_whom_it_is()
    {
        Assert.IsType<AccessTokenVerdict.Valid>(Judge(new(Least) { ["aud"] = new[] { "other", "api-by-its-old-name" } }));
        AssertCode(JwtRejection.WrongAudience, Judge(new(Least) { ["aud"] = "other" }));
        AssertCode(JwtRejection.WrongIssuer, Judge(new(Least) { ["iss"] = Forge.Issuer + "/" }));
    }

    [Theory]
    [InlineData(JwsAlgorithm.PS256)]
    [InlineData(JwsAlgorithm.RS384)]
    [InlineData(JwsAlgorithm.RS512)]
    public void AT_6_only_ES256_and_RS256_sign_access_tokens(JwsAlgorithm algorithm)
    {
        using var key = SigningKey.Generate(algorithm);
        AssertCode(JwtRejection.WrongAlgorithm, Verifier.Verify(Facts.Sign(key), new(key.Public), Forge.Now));
    }

    [Fact]
    public void AT_6_a_shared_secret_signs_no_access_token() => AssertCode(JwtRejection.WrongAlgorithm, Verifier.Verify(
        Forge.SignWithSecret(Forge.Secret, """{"alg":"HS256","typ":"at+jwt"}""", JsonSerializer.Serialize(Least)), Forge.Keys, Forge.Now));

    [Fact]
    public void A_verifier_without_audience_or_issuer_is_a_mistake()
    {
        Assert.Throws<ArgumentException>(() => new AccessTokenVerifier(Forge.Issuer, []));
        Assert.Throws<ArgumentException>(() => new AccessTokenVerifier("", ["api"]));
    }

    [Fact]
    public void AT_7_a_detail_fits_into_a_WWW_Authenticate_header()
    {
        // BRR-6: neither quotes nor backslashes nor anything beyond ASCII, as it goes out as error_description.
        foreach (var name in (string[])[.. Least.Keys, "auth_time", "nbf"])
        {
            foreach (var value in (object?[])[null, 7, "", "x", -1])
            {
                if (Judge(new(Least) { [name] = value }) is AccessTokenVerdict.Rejected(_, var detail))
                    Assert.DoesNotContain(detail, character => character is '"' or '\\' or < ' ' or > '~');
            }
        }
    }

    private static AccessTokenVerdict Judge(Dictionary<string, object?> claims) => Verifier.Verify(
        Forge.Sign(Forge.Es256, $$"""{"alg":"ES256","kid":"{{Forge.Es256.KeyId}}","typ":"at+jwt"}""", JsonSerializer.Serialize(claims)), Forge.Keys, Forge.Now);

    private static void AssertCode(JwtRejection code, AccessTokenVerdict verdict) => Assert.Equal(code, Assert.IsType<AccessTokenVerdict.Rejected>(verdict).Code);
}
