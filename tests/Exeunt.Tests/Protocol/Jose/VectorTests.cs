using System.Buffers.Text;
using System.Text;
using Exeunt.Protocol.Jose;

namespace Exeunt.Tests.Protocol.Jose;

/// <summary>Examples printed in the RFCs.</summary>
public class VectorTests
{
    private const string JoePayload =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

    private const string A1Token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + JoePayload + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    private const string A1Secret = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";

    private const string A2Token =
        "eyJhbGciOiJSUzI1NiJ9." + JoePayload
        + ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4"
        + "BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqv"
        + "hJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";

    private const string A2Jwk = """
        {"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}
        """;

    private const string A3Token =
        "eyJhbGciOiJFUzI1NiJ9." + JoePayload + ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

    private const string A3Jwk =
        """{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}""";

    private static readonly DateTimeOffset JoesExpiry = DateTimeOffset.FromUnixTimeSeconds(1_300_819_380);

    public static TheoryData<string, string> JoesTokens => new() { { "A.1", A1Token }, { "A.2", A2Token }, { "A.3", A3Token } };

    private static JwkSet JoesKeys => new(
        VerificationKey.FromSecret(Base64Url.DecodeFromChars(A1Secret)),
        VerificationKey.FromJwk(Encoding.UTF8.GetBytes(A2Jwk)),
        VerificationKey.FromJwk(Encoding.UTF8.GetBytes(A3Jwk)));

    [Theory]
    [MemberData(nameof(JoesTokens))]
    public void RFC7515_A_tokens_are_valid_until_they_expire(string section, string token)
    {
        var rules = Forge.AnyRules with { Issuer = "joe" };

        var valid = Assert.IsType<JwtVerdict.Valid>(JwtVerifier.Verify(token, JoesKeys, rules, JoesExpiry.AddTicks(-1)));
        Assert.True(valid.Claims.TryGet("http://example.com/is_root", out var root) && root.GetBoolean(), section);
        Assert.IsType<JwtVerdict.Expired>(JwtVerifier.Verify(token, JoesKeys, rules, JoesExpiry));
    }

    [Fact]
    public void JOSE_14_thumbprint_of_RFC7638_3_1() => Assert.Equal("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", VerificationKey.FromJwk("""
        {"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}
        """u8).Thumbprint);

    [Theory]
    [InlineData("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0", "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U")] // RFC 7515 A.3
    [InlineData("l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs", "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA", "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I")] // RFC 9449
    public void JOSE_14_thumbprint_of_EC_keys(string x, string y, string thumbprint)
    {
        var jwk = $$"""{"kid":"other","y":"{{y}}","x":"{{x}}","kty":"EC","crv":"P-256"}""";
        Assert.Equal(thumbprint, VerificationKey.FromJwk(Encoding.UTF8.GetBytes(jwk)).Thumbprint);
    }

    [Fact]
    public void JOSE_14_thumbprint_of_RFC8037_A_3() => Assert.Equal(
        "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
        JwkThumbprint.Of([("crv", "Ed25519"), ("kty", "OKP"), ("x", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")]));

    [Fact]
    public void JOSE_11_EdDSA_of_RFC8037_A_4_is_refused_as_an_algorithm_and_its_key_ignored()
    {
        Assert.True(JwkSet.TryParse(
            """{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"""u8, out var keys, out _));
        Assert.Empty(keys.Keys);
        Assert.Equal("Key 1: kty is neither EC nor RSA.", Assert.Single(keys.Ignored));

        Forge.AssertRejected(
            JwtRejection.WrongAlgorithm,
            "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
            + ".hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
            keys: keys);
    }
}
