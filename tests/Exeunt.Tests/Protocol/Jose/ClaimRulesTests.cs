using Exeunt.Protocol.Jose;

namespace Exeunt.Tests.Protocol.Jose;

/// <summary>When an authentic token is to be believed.</summary>
public class ClaimRulesTests
{
    private static readonly long Now = Forge.Now.ToUnixTimeSeconds();
    private static readonly TokenKind Expiring = Forge.AnyRules.Kind with { MustExpire = true };
    private static readonly JwtRules Rules = Forge.AnyRules with { Kind = Expiring };

    [Theory]
    [InlineData("1800000001", true)]
    [InlineData("1800000000.5", true)]
    [InlineData("1800000000.0000001", true)] // one tick left
    [InlineData("1.8000000005e9", true)]
    [InlineData("1800000000", false)] // on or after (RFC 7519 §4.1.4)
    [InlineData("1800000000.0", false)]
    [InlineData("1799999999.999", false)]
    [InlineData("0", false)]
    [InlineData("253402300799", true)]
    public void JOSE_16_exp_may_be_fractional_and_ends_the_token_at_that_instant(string exp, bool valid)
    {
        var verdict = Judge($"\"exp\":{exp}");
        Assert.True(valid ? verdict is JwtVerdict.Valid : verdict is JwtVerdict.Expired, verdict.ToString());
    }

    [Theory]
    [InlineData("exp")]
    [InlineData("nbf")]
    [InlineData("iat")]
    public void JOSE_16_a_time_that_is_none_is_rejected(string name)
    {
        foreach (var value in (string[])["\"1800000900\"", "null", "true", "[]", "[1800000900]", "{}", "-1", "-0.5", "1e400", "1e30", "-1e400", "253402300800", "9223372036854775807"])
        {
            var others = name is "exp" ? "" : ",\"exp\":1800000900";
            Assert.True(Judge($"\"{name}\":{value}{others}") is JwtVerdict.Rejected { Code: JwtRejection.MalformedClaim }, value);
        }
    }

    [Fact]
    public void JOSE_16_a_missing_exp_is_rejected_where_tokens_must_expire_and_only_there()
    {
        AssertCode(JwtRejection.MissingClaim, Judge("\"jti\":\"x\""));
        Assert.IsType<JwtVerdict.Valid>(Judge("\"jti\":\"x\"", Forge.AnyRules));
        Assert.IsType<JwtVerdict.Expired>(Judge("\"exp\":1", Forge.AnyRules)); // if there, it counts
    }

    [Theory]
    [InlineData(-60, false)]
    [InlineData(-59, true)]
    public void JOSE_16_leeway_lengthens_exp(int seconds, bool valid)
    {
        var verdict = Judge($"\"exp\":{Now + seconds}", Rules with { Leeway = TimeSpan.FromSeconds(60) });
        Assert.True(valid ? verdict is JwtVerdict.Valid : verdict is JwtVerdict.Expired);
    }

    [Theory]
    [InlineData("nbf", 0, 0, true)]
    [InlineData("nbf", 1, 0, false)]
    [InlineData("nbf", 60, 60, true)]
    [InlineData("nbf", 61, 60, false)]
    [InlineData("iat", 0, 0, true)]
    [InlineData("iat", 1, 0, false)]
    [InlineData("iat", 60, 60, true)]
    [InlineData("iat", 61, 60, false)]
    public void JOSE_16_a_token_from_the_future_is_rejected_beyond_the_leeway(string name, int seconds, int leeway, bool valid)
    {
        var verdict = Judge($"\"{name}\":{Now + seconds},\"exp\":{Now + 900}", Rules with { Leeway = TimeSpan.FromSeconds(leeway) });
        Assert.True(valid ? verdict is JwtVerdict.Valid : verdict is JwtVerdict.Rejected { Code: JwtRejection.NotYetValid });
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(301)]
    public void JOSE_16_a_leeway_of_more_than_a_few_minutes_is_a_mistake(int seconds) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Rules with { Leeway = TimeSpan.FromSeconds(seconds) });

    [Theory]
    [InlineData("https://exeunt.example/")]
    [InlineData("https://EXEUNT.example")]
    [InlineData("https://exeunt.example ")]
    [InlineData("http://exeunt.example")]
    [InlineData("exeunt.example")]
    public void JOSE_17_iss_is_compared_exactly(string issuer) =>
        Forge.AssertRejected(JwtRejection.WrongIssuer, Signed($$"""{"iss":"{{issuer}}"}"""));

    [Theory]
    [InlineData("{}", JwtRejection.WrongIssuer)]
    [InlineData("""{"iss":["https://exeunt.example"]}""", JwtRejection.MalformedClaim)]
    [InlineData("""{"iss":null}""", JwtRejection.MalformedClaim)]
    public void JOSE_17_iss_is_one_string(string payload, JwtRejection code) => Forge.AssertRejected(code, Signed(payload));

    [Theory]
    [InlineData("\"api\"", true)]
    [InlineData("[\"api\"]", true)]
    [InlineData("[\"other\",\"api\"]", true)]
    [InlineData("\"second\"", true)]
    [InlineData("\"API\"", false)]
    [InlineData("\"api/\"", false)]
    [InlineData("\"api other\"", false)]
    [InlineData("[]", false)]
    [InlineData("\"\"", false)]
    [InlineData("[\"other\"]", false)]
    public void JOSE_17_aud_is_a_string_or_an_array_and_compared_exactly(string audience, bool valid)
    {
        var verdict = Judge($"\"aud\":{audience},\"exp\":{Now + 900}", Rules with { Audiences = ["api", "second"] });
        Assert.True(valid ? verdict is JwtVerdict.Valid : verdict is JwtVerdict.Rejected { Code: JwtRejection.WrongAudience });
    }

    [Theory]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("[7]")]
    [InlineData("[\"api\",7]")]
    [InlineData("[[\"api\"]]")]
    [InlineData("{\"api\":1}")]
    public void JOSE_17_aud_of_another_type_is_rejected_even_where_none_is_required(string audience) =>
        AssertCode(JwtRejection.MalformedClaim, Judge($"\"aud\":{audience},\"exp\":{Now + 900}"));

    [Fact]
    public void JOSE_17_a_missing_aud_is_rejected_where_one_is_required() =>
        AssertCode(JwtRejection.WrongAudience, Judge($"\"exp\":{Now + 900}", Rules with { Audiences = ["api"] }));

    [Theory]
    [InlineData("null")]
    [InlineData("\"\"")]
    [InlineData("[]")]
    [InlineData("{}")]
    public void A_required_claim_says_something(string value) =>
        AssertCode(JwtRejection.MissingClaim, Judge($"\"sid\":{value},\"exp\":{Now + 900}", Rules with { Kind = Expiring with { Required = ["sid"] } }));

    [Theory]
    [InlineData("null")]
    [InlineData("\"\"")]
    [InlineData("\"n\"")]
    public void A_forbidden_claim_is_forbidden_with_any_value(string value) =>
        AssertCode(JwtRejection.ForbiddenClaim, Judge($"\"nonce\":{value},\"exp\":{Now + 900}", Rules with { Kind = Expiring with { Forbidden = ["nonce"] } }));

    [Fact]
    public void An_expired_token_that_is_wrong_in_anything_else_is_rejected_not_expired()
    {
        Assert.IsType<JwtVerdict.Expired>(Judge("\"exp\":1"));
        AssertCode(JwtRejection.WrongAudience, Judge("\"exp\":1", Rules with { Audiences = ["api"] }));
        AssertCode(JwtRejection.MissingClaim, Judge("\"exp\":1", Rules with { Kind = Expiring with { Required = ["sid"] } }));
        AssertCode(JwtRejection.NotYetValid, Judge($"\"exp\":1,\"iat\":{Now + 1}"));
    }

    [Fact]
    public void Claims_of_another_type_read_as_nothing()
    {
        var claims = Forge.AssertValid(Signed($$"""{"iss":"{{Forge.Issuer}}","t":"x","n":1.5,"a":["x","y"],"m":["x",1],"z":null,"big":1e400}"""));

        Assert.Equal("x", claims.Text("t"));
        Assert.Equal(1.5m, claims.Number("n"));
        Assert.Equal(DateTimeOffset.UnixEpoch.AddSeconds(1.5), claims.Time("n"));
        Assert.Equal(["x", "y"], claims.Texts("a"));
        Assert.Null(claims.Text("n"));
        Assert.Null(claims.Number("t"));
        Assert.Null(claims.Number("big"));
        Assert.Null(claims.Time("t"));
        Assert.Null(claims.Texts("m"));
        Assert.Null(claims.Texts("t"));
        Assert.Null(claims.Text("missing"));
        Assert.True(claims.Has("z"));
        Assert.False(claims.Has("missing"));
        Assert.Null(claims.Audience);
        Assert.Equal("[claims]", claims.ToString());
    }

    private static string Signed(string payload) => Forge.Sign(Forge.Es256, Forge.Header(Forge.Es256), payload);

    private static JwtVerdict Judge(string claims, JwtRules? rules = null) => Forge.Judge(Signed($$"""{"iss":"{{Forge.Issuer}}",{{claims}}}"""), rules ?? Rules);

    private static void AssertCode(JwtRejection code, JwtVerdict verdict) => Assert.Equal(code, Assert.IsType<JwtVerdict.Rejected>(verdict).Code);
}
