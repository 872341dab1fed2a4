using Exeunt.Protocol.AccessTokens;
using Exeunt.Protocol.Jose;

namespace Exeunt.Tests.Protocol.Jose;

/// <summary>
/// The token-type matrix of STANDARDS §0: each verifier accepts its own kind and no other, although issuer, audience and key are the same for all.
/// A new kind is one more row in <see cref="Senders"/>, and in <see cref="Verifiers"/> as soon as something verifies it.
/// </summary>
public class TokenKindMatrixTests
{
    private const string Common = """
        "iss":"https://exeunt.example","iat":1800000000
        """;

    private const string Person = """
        "sub":"usr_1","aud":"api","exp":1800000900,"jti":"j1","sid":"ses_1","client_id":"app_1"
        """;

    /// <summary>What is sent: the kind, its <c>typ</c> (null for none), its claims. The first three are verified here; the others are strangers to all.</summary>
    private static readonly (string Kind, string? Type, string Claims)[] Senders =
    [
        ("access token", "at+jwt", $"{Common},{Person}"),
        ("audit checkpoint", "audit-checkpoint+jwt", $"{Common},\"heads\":{{\"n1\":\"h\"}}"),
        ("provider session", "JWT", $"{Common},{Person}"),
        ("provider session", null, $"{Common},{Person}"),
        ("logout token", "logout+jwt", $"{Common},{Person},\"events\":{{\"http://schemas.openid.net/event/backchannel-logout\":{{}}}}"),
        ("logout token without type", null, $"{Common},{Person},\"events\":{{\"http://schemas.openid.net/event/backchannel-logout\":{{}}}}"),
        ("logout token of the general type", "JWT", $"{Common},{Person},\"events\":{{\"http://schemas.openid.net/event/backchannel-logout\":{{}}}}"),
        ("security event", "secevent+jwt", $"{Common},\"aud\":\"api\",\"jti\":\"j1\",\"events\":{{}},\"sub_id\":{{}}"),
        ("security event without type", null, $"{Common},\"aud\":\"api\",\"jti\":\"j1\",\"events\":{{}},\"sub_id\":{{}}"),
        ("logout receipt", "logout-receipt+jwt", $"{Common},\"epoch\":\"e1\",\"guards\":{{\"lagging\":{{\"count\":0}}}}"),
        ("logout receipt with a person", "logout-receipt+jwt", $"{Common},{Person},\"epoch\":\"e1\",\"guards\":{{\"lagging\":{{\"count\":0}}}}"),
        ("status list", "statuslist+jwt", $"{Common},{Person}"),
        ("introspection", "token-introspection+jwt", $"{Common},{Person}"),
        ("DPoP proof", "dpop+jwt", $"{Common},{Person}"),
        ("device-bound session proof", "dbsc+jwt", $"{Common},{Person}"),
        ("unknown type", "at+jwt2", $"{Common},{Person}"),
        ("empty type", "", $"{Common},{Person}"),
    ];

    /// <summary>Who verifies: the kind, and whether it accepts a token.</summary>
    private static readonly (string Kind, Func<string, bool> Accepts)[] Verifiers =
    [
        ("access token", token => new AccessTokenVerifier(Forge.Issuer, ["api"]).Verify(token, Forge.Keys, Forge.Now) is AccessTokenVerdict.Valid),
        ("audit checkpoint", Accepts(TokenKind.AuditCheckpoint)),
        ("logout receipt", Accepts(TokenKind.LogoutReceipt)),
        ("provider session", Accepts(TokenKind.ProviderSession, "api")),
    ];

    public static TheoryData<string, int> Pairs
    {
        get
        {
            var pairs = new TheoryData<string, int>();
            foreach (var (kind, _) in Verifiers)
                for (var sender = 0; sender < Senders.Length; sender++) pairs.Add(kind, sender);
            return pairs;
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Only_the_diagonal_of_the_token_matrix_passes(string verifier, int sender)
    {
        var (kind, type, claims) = Senders[sender];
        var accepted = Verifiers.Single(row => row.Kind == verifier).Accepts(Token(type, claims));
        Assert.True(accepted == (kind == verifier), $"{verifier} {(accepted ? "accepted" : "refused")} {kind} ({type})");
    }

    [Fact]
    public void Every_kind_that_the_product_knows_has_its_row()
    {
        Assert.Equal(TokenKind.All.Count, Verifiers.Length);
        Assert.All(TokenKind.All, kind => Assert.Contains(Senders, sender => sender.Type == kind.Type));
    }

    [Theory]
    [InlineData("at+jwt", true)]
    [InlineData("AT+JWT", true)]
    [InlineData("application/at+jwt", true)]
    [InlineData("Application/At+Jwt", true)]
    [InlineData("application/application/at+jwt", false)]
    [InlineData("text/at+jwt", false)]
    [InlineData("/at+jwt", false)]
    [InlineData("at jwt", false)]
    [InlineData("at+jwt ", false)]
    [InlineData("at+jwt;charset=utf-8", false)]
    [InlineData("JWT", false)]
    [InlineData("", false)]
    public void AT_6_typ_is_compared_without_case_and_with_or_without_application(string type, bool accepted)
    {
        var verdict = new AccessTokenVerifier(Forge.Issuer, ["api"]).Verify(Token(type, Senders[0].Claims), Forge.Keys, Forge.Now);
        Assert.Equal(accepted, verdict is AccessTokenVerdict.Valid);
    }

    private static string Token(string? type, string claims)
    {
        var typ = type is null ? "" : $",\"typ\":\"{type}\"";
        return Forge.Sign(Forge.Es256, $$"""{"alg":"ES256","kid":"{{Forge.Es256.KeyId}}"{{typ}}}""", "{" + claims + "}");
    }

    private static Func<string, bool> Accepts(TokenKind kind, params string[] audiences)
    {
        var rules = Forge.AnyRules with { Kind = kind, Audiences = audiences };
        return token => Forge.Judge(token, rules) is JwtVerdict.Valid;
    }
}
