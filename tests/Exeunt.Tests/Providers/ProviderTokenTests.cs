using System.Text;
using Exeunt.Hosting;
using Exeunt.Providers;
using Exeunt.Tests.Protocol.Jose;
using Exeunt.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Exeunt.Tests.Providers;

/// <summary>What a provider's token must be (STANDARDS §15.1), by kind, and where its keys come from.</summary>
public sealed class ProviderTokenTests : IAsyncLifetime
{
    private const string Secret = "a shared secret that has more than thirty-two bytes";

    private readonly TestClock clock = new();
    private OutsideIssuer clerk = null!;

    public async ValueTask InitializeAsync() => clerk = await OutsideIssuer.StartAsync();

    public ValueTask DisposeAsync() => clerk.DisposeAsync();

    public static TheoryData<string, string, object?> Refused => new()
    {
        { "iss of another", "iss", "https://clerk.example.com/" },
        { "no iss", "iss", null },
        { "no sub", "sub", null },
        { "sub is a number", "sub", 7 },
        { "endless sub", "sub", new string('x', 256) },
        { "no sid", "sid", null },
        { "empty sid", "sid", "" },
        { "sid is a number", "sid", 7 },
        { "sid that looks derived", "sid", "~abc" },
        { "no exp", "exp", null },
        { "exp is text", "exp", "1893456000" },
        { "pending", "sts", "pending" },
        { "sts of the future", "sts", "revoked" },
        { "azp is a number", "azp", 7 },
        { "another party", "azp", "https://evil.example" },
        { "no party", "azp", null },
        { "an audience that nobody configured", "aud", "somebody" },
        { "events", "events", new Dictionary<string, object>() },
        { "not yet", "nbf", DateTimeOffset.UnixEpoch.AddYears(60).ToUnixTimeSeconds() },
        { "issued in the future", "iat", DateTimeOffset.UnixEpoch.AddYears(60).ToUnixTimeSeconds() },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task CLK_3_refuses(string what, string claim, object? value)
    {
        using var tokens = Of(Clerk(p => p.AuthorizedParties = ["https://app.example.com"]));
        Assert.IsType<OutsideVerdict.Valid>(await JudgeAsync(tokens, clerk.Token(clock)));

        var verdict = await JudgeAsync(tokens, clerk.Token(clock, change: c => c[claim] = value));

        Assert.True(verdict is OutsideVerdict.Rejected, what);
    }

    [Fact]
    public async Task CLK_3_allows_five_seconds_of_skew()
    {
        using var tokens = Of(Clerk());
        var token = clerk.Token(clock);
        clock.Advance(TimeSpan.FromSeconds(64));
        Assert.IsType<OutsideVerdict.Valid>(await JudgeAsync(tokens, token));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.IsType<OutsideVerdict.Expired>(await JudgeAsync(tokens, token));

        var now = clock.GetUtcNow().ToUnixTimeSeconds();
        Assert.IsType<OutsideVerdict.Valid>(await JudgeAsync(tokens, clerk.Token(clock, change: c => c["nbf"] = now + 5)));
        Assert.IsType<OutsideVerdict.Rejected>(await JudgeAsync(tokens, clerk.Token(clock, change: c => c["nbf"] = now + 6)));
    }

    [Fact]
    public async Task A_pending_session_is_accepted_when_the_operator_says_so()
    {
        using var tokens = Of(Clerk(p => p.AllowPending = true));
        Assert.IsType<OutsideVerdict.Valid>(await JudgeAsync(tokens, clerk.Token(clock, change: c => c["sts"] = "pending")));
    }

    [Fact]
    public async Task Clerk_tokens_of_another_type_or_algorithm_are_refused()
    {
        using var tokens = Of(Clerk());
        Assert.IsType<OutsideVerdict.Rejected>(await JudgeAsync(tokens, clerk.Token(clock, type: "at+jwt")));
        Assert.IsType<OutsideVerdict.Rejected>(await JudgeAsync(tokens, clerk.Token(clock, type: "logout+jwt")));
        var now = clock.GetUtcNow().ToUnixTimeSeconds();
        var payload = $$"""{"iss":"{{OutsideIssuer.Issuer}}","sub":"u","sid":"s","iat":{{now}},"exp":{{now + 60}}}""";
        Assert.IsType<OutsideVerdict.Rejected>(await JudgeAsync(tokens, Forge.SignWithSecret(clerk.Key.Public.Thumbprint!.Select(c => (byte)c).ToArray(), $$"""{"alg":"HS256","kid":"{{clerk.Key.KeyId}}"}""", payload)));
    }

    [Theory]
    [InlineData("[0,-1]", -60L)]
    [InlineData("[5,-1]", -360L)]
    [InlineData("[-1,-1]", null)]
    [InlineData("[]", null)]
    [InlineData("\"5\"", null)]
    [InlineData("[1.5]", null)]
    [InlineData(null, null)]
    public async Task CLK_2_the_age_of_a_session_is_counted_from_fva(string? fva, long? secondsBeforeIat)
    {
        using var tokens = Of(Clerk());
        var token = clerk.Token(clock, change: c => c["fva"] = fva is null ? null : System.Text.Json.JsonSerializer.Deserialize<System.Text.Json.JsonElement>(fva));

        var valid = Assert.IsType<OutsideVerdict.Valid>(await JudgeAsync(tokens, token));

        Assert.Equal(secondsBeforeIat is { } s ? clock.GetUtcNow().AddSeconds(s) : null, valid.Token.AuthenticatedAt);
    }

    [Fact]
    public async Task OIDC_access_tokens_may_be_typed_and_must_be_for_this_audience()
    {
        using var tokens = Of(Clerk(p => (p.Kind, p.Audience) = ("oidc", "https://api.example.com")));
        Action<Dictionary<string, object?>> forUs = c => c["aud"] = new[] { "x", "https://api.example.com" };

        Assert.IsType<OutsideVerdict.Valid>(await JudgeAsync(tokens, clerk.Token(clock, change: forUs, type: "at+jwt")));
        Assert.IsType<OutsideVerdict.Valid>(await JudgeAsync(tokens, clerk.Token(clock, change: forUs)));
        Assert.IsType<OutsideVerdict.Rejected>(await JudgeAsync(tokens, clerk.Token(clock, change: forUs, type: "logout+jwt")));
        Assert.IsType<OutsideVerdict.Rejected>(await JudgeAsync(tokens, clerk.Token(clock, change: c => c["aud"] = "x")));
        Assert.IsType<OutsideVerdict.Rejected>(await JudgeAsync(tokens, clerk.Token(clock)));
    }

    [Fact]
    public async Task Without_a_sid_the_same_sign_in_is_the_same_session()
    {
        using var tokens = Of(Clerk(p => p.Kind = "oidc"));
        var signedIn = clock.GetUtcNow().AddHours(-1).ToUnixTimeSeconds();
        async Task<OutsideToken> Of_(Action<Dictionary<string, object?>> change) =>
            Assert.IsType<OutsideVerdict.Valid>(await JudgeAsync(tokens, clerk.Token(clock, change: c =>
            {
                c["sid"] = null;
                change(c);
            }))).Token;

        var first = await Of_(c => c["auth_time"] = signedIn);
        Assert.Equal(first.Session, (await Of_(c => c["auth_time"] = signedIn)).Session);
        Assert.NotEqual(first.Session, (await Of_(c => c["auth_time"] = signedIn + 1)).Session);
        Assert.NotEqual(first.Session, (await Of_(c => (c["auth_time"], c["sub"]) = (signedIn, "user_bob"))).Session);
        Assert.NotEqual(first.Session, (await Of_(c => (c["auth_time"], c["azp"]) = (signedIn, "other"))).Session);
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(signedIn), first.AuthenticatedAt);

        var lone = await Of_(_ => { });
        Assert.NotEqual(lone.Session, (await Of_(_ => { })).Session); // jti differs: nothing joins the two
        Assert.Null(lone.AuthenticatedAt);
    }

    [Fact]
    public async Task JWT_kind_takes_a_shared_secret_and_nothing_else_for_it()
    {
        using var tokens = Of(Clerk(p => (p.Kind, p.JwksUri, p.Secret) = ("jwt", null, Secret)));
        var now = clock.GetUtcNow().ToUnixTimeSeconds();
        var payload = $$"""{"iss":"{{OutsideIssuer.Issuer}}","sub":"7","iat":{{now}},"exp":{{now + 60}}}""";

        var valid = Assert.IsType<OutsideVerdict.Valid>(await JudgeAsync(tokens, Forge.SignWithSecret(Encoding.UTF8.GetBytes(Secret), """{"alg":"HS256","typ":"JWT"}""", payload)));
        Assert.StartsWith("~", valid.Token.Session, StringComparison.Ordinal);
        Assert.IsType<OutsideVerdict.Rejected>(await JudgeAsync(tokens, Forge.SignWithSecret("another secret that has more than 32 bytes"u8, """{"alg":"HS256"}""", payload)));
        Assert.IsType<OutsideVerdict.Rejected>(await JudgeAsync(tokens, clerk.Token(clock)));
        Assert.IsType<OutsideVerdict.Rejected>(await JudgeAsync(tokens, Forge.Encode("""{"alg":"none"}""") + "." + Forge.Encode(payload) + "."));
    }

    [Fact]
    public async Task A_key_can_be_given_as_a_PEM_file()
    {
        using var folder = new TemporaryFolder();
        using var rsa = System.Security.Cryptography.RSA.Create();
        rsa.ImportFromPem(clerk.Key.ExportPem());
        var file = Path.Combine(folder.Path, "clerk.pem");
        await File.WriteAllTextAsync(file, rsa.ExportSubjectPublicKeyInfoPem(), TestContext.Current.CancellationToken);
        using var tokens = Of(Clerk(p => (p.JwksUri, p.PublicKeyFile) = (null, file)));

        Assert.IsType<OutsideVerdict.Valid>(await JudgeAsync(tokens, clerk.Token(clock)));
        clerk.Rotate();
        Assert.IsType<OutsideVerdict.Rejected>(await JudgeAsync(tokens, clerk.Token(clock)));
    }

    [Fact]
    public async Task JOSE_8_a_key_of_one_issuer_never_verifies_a_token_that_names_another()
    {
        await using var other = await OutsideIssuer.StartAsync();
        using var tokens = Of(Clerk(), new() { Name = "other", Kind = "clerk", Issuer = "https://other.example.com", JwksUri = other.JwksUri });

        Assert.IsType<OutsideVerdict.Valid>(await JudgeAsync(tokens, clerk.Token(clock)));
        Assert.IsType<OutsideVerdict.Rejected>(await JudgeAsync(tokens, clerk.Token(clock, change: c => c["iss"] = "https://other.example.com"), "https://other.example.com"));
        Assert.IsType<OutsideVerdict.Rejected>(await JudgeAsync(tokens, clerk.Token(clock), "https://other.example.com"));
    }

    private ProviderOptions Clerk(Action<ProviderOptions>? change = null)
    {
        var options = new ProviderOptions { Name = "clerk", Kind = "clerk", Issuer = OutsideIssuer.Issuer, JwksUri = clerk.JwksUri };
        change?.Invoke(options);
        return options;
    }

    private ProviderTokens Of(params List<ProviderOptions> providers) => new(new ExeuntOptions { Providers = providers }, clock, NullLogger<ProviderTokens>.Instance);

    private ValueTask<OutsideVerdict> JudgeAsync(ProviderTokens tokens, string token, string issuer = OutsideIssuer.Issuer) => tokens.VerifyAsync(issuer, token.AsMemory(), clock.GetUtcNow());
}
