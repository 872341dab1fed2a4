using Exeunt.Tests.Support;

namespace Exeunt.Tests.Sessions;

public sealed class CookieModeTests
{
    private const string Login = "api/v1/auth/login";
    private const string Refresh = "api/v1/auth/refresh";
    private const string Logout = "api/v1/auth/logout";

    [Fact]
    public async Task CK_6_the_refresh_token_travels_only_in_a_host_cookie_that_no_script_reads()
    {
        await using var app = await ExeuntApp.StartAsync();
        await app.AddAccountAsync("ada@example.com");

        using var response = await LoginAsync(app);

        var answer = await response.JsonAsync(200);
        Assert.False(answer.TryGetProperty("refresh_token", out _));
        Assert.NotEqual("", answer.GetProperty("binder").GetString());
        var cookie = Assert.Single(response.Headers.GetValues("Set-Cookie"));
        Assert.StartsWith("__Host-exeunt=exr_", cookie);
        Assert.Equal(["httponly", "max-age=2592000", "path=/", "samesite=strict", "secure"], Attributes(cookie));
        Assert.True(cookie.Length < 4096);
    }

    [Fact]
    public async Task Refreshing_takes_the_cookie_together_with_its_binder()
    {
        await using var app = await ExeuntApp.StartAsync();
        var page = await PageAsync(app);
        app.Clock.Advance(TimeSpan.FromMinutes(1));

        using var response = await app.SendAsync(HttpMethod.Post, Refresh, null, ("Cookie", page.Cookie), ("X-Exeunt-Cookie", page.Binder));

        var answer = await response.JsonAsync(200);
        Assert.False(answer.TryGetProperty("refresh_token", out _));
        Assert.Equal(page.Binder, answer.GetProperty("binder").GetString());
        Assert.NotEqual(page.Cookie, CookieOf(response));
        Assert.True(await app.OpensAsync(answer.GetProperty("access_token").GetString()!));
    }

    [Fact]
    public async Task A_cookie_without_its_binder_signs_nobody_in()
    {
        await using var app = await ExeuntApp.StartAsync();
        var (page, other) = (await PageAsync(app), await PageAsync(app, "bob@example.com"));

        foreach (var binder in new[] { "1", "", "x", other.Binder, page.Binder[..^1], page.Binder + "A", page.Binder.ToUpperInvariant() })
        {
            using var refused = await app.SendAsync(HttpMethod.Post, Refresh, null, ("Cookie", page.Cookie), ("X-Exeunt-Cookie", binder));
            await refused.ProblemAsync(401, "refresh-refused");
        }

        using var headerless = await app.SendAsync(HttpMethod.Post, Refresh, null, ("Cookie", page.Cookie));
        await headerless.ProblemAsync(400, "invalid-field");
        using var cookieless = await app.SendAsync(HttpMethod.Post, Refresh, null, ("X-Exeunt-Cookie", page.Binder));
        await cookieless.ProblemAsync(401, "refresh-refused");
        using var still = await app.SendAsync(HttpMethod.Post, Refresh, null, ("Cookie", page.Cookie), ("X-Exeunt-Cookie", page.Binder));
        await still.JsonAsync(200);
    }

    [Fact]
    public async Task CK_1_logging_out_ends_the_session_and_deletes_the_cookie_with_the_attributes_it_was_set_with()
    {
        await using var app = await ExeuntApp.StartAsync();
        await app.AddAccountAsync("ada@example.com");
        using var login = await LoginAsync(app);
        var token = (await login.JsonAsync(200)).GetProperty("access_token").GetString()!;

        using var logout = await LogoutAsync(app, CookieOf(login), ("X-Exeunt-Cookie", "1"), ("Origin", Origin(app)));

        await logout.JsonAsync(200);
        Assert.False(await app.OpensAsync(token));
        var deleted = Assert.Single(logout.Headers.GetValues("Set-Cookie"));
        Assert.StartsWith("__Host-exeunt=;", deleted);
        Assert.Contains("max-age=0", Attributes(deleted));
        Assert.Equal(Lasting(login.Headers.GetValues("Set-Cookie").Single()), Lasting(deleted));

        static IEnumerable<string> Lasting(string cookie) => Attributes(cookie).Where(a => !a.StartsWith("max-age", StringComparison.Ordinal));
    }

    [Fact]
    public async Task CSRF_2_logging_out_by_cookie_needs_the_header_and_an_origin_of_ours()
    {
        await using var app = await ExeuntApp.StartAsync(("Server:AllowedOrigins:0", "https://app.example.com"));
        var page = await PageAsync(app);
        var header = ("X-Exeunt-Cookie", "1");

        await (await LogoutAsync(app, page.Cookie, ("Origin", Origin(app)))).ProblemAsync(403, "cookie-header-missing");
        await (await LogoutAsync(app, page.Cookie, header)).ProblemAsync(403, "foreign-origin");
        await (await LogoutAsync(app, page.Cookie, header, ("Origin", "https://evil.example"))).ProblemAsync(403, "foreign-origin");
        await (await LogoutAsync(app, page.Cookie, header, ("Origin", "null"))).ProblemAsync(403, "foreign-origin");
        await (await LogoutAsync(app, page.Cookie, header, ("Origin", "https://app.example.com.evil.example"))).ProblemAsync(403, "foreign-origin");
        await (await LogoutAsync(app, page.Cookie, header, ("Origin", "https://evil.example"), ("Sec-Fetch-Site", "same-origin"))).ProblemAsync(403, "foreign-origin");
        await (await LogoutAsync(app, page.Cookie, header, ("Sec-Fetch-Site", "cross-site"))).ProblemAsync(403, "foreign-origin");
        await (await LogoutAsync(app, page.Cookie, header, ("Sec-Fetch-Site", "same-site"))).ProblemAsync(403, "foreign-origin");
        Assert.True(await app.OpensAsync(page.AccessToken));

        await (await LogoutAsync(app, page.Cookie, header, ("Sec-Fetch-Site", "same-origin"))).JsonAsync(200);
        Assert.False(await app.OpensAsync(page.AccessToken));
        var (second, third) = (await PageAsync(app), await PageAsync(app));
        await (await LogoutAsync(app, second.Cookie, header, ("Origin", "https://app.example.com"))).JsonAsync(200);
        await (await LogoutAsync(app, third.Cookie, header, ("Origin", ExeuntApp.Issuer))).JsonAsync(200);
    }

    [Fact]
    public async Task A_token_in_the_body_wins_over_the_cookie_and_the_cookie_goes_too()
    {
        await using var app = await ExeuntApp.StartAsync();
        var (page, ada) = (await PageAsync(app), await app.SignInAsync("ada@example.com"));

        using var logout = await app.SendAsync(HttpMethod.Post, Logout, new { refresh_token = ada.RefreshToken }, ("Cookie", page.Cookie));

        await logout.JsonAsync(200);
        Assert.False(await app.OpensAsync(ada.AccessToken));
        Assert.True(await app.OpensAsync(page.AccessToken));
        Assert.StartsWith("__Host-exeunt=;", Assert.Single(logout.Headers.GetValues("Set-Cookie")));
    }

    [Fact]
    public async Task Ending_the_current_session_takes_its_cookie_away_and_ending_another_does_not()
    {
        await using var app = await ExeuntApp.StartAsync();
        var (page, other) = (await PageAsync(app), await app.SignInAsync("ada@example.com"));
        var authorized = ("Authorization", $"Bearer {page.AccessToken}");

        using var another = await app.SendAsync(HttpMethod.Delete, $"api/v1/sessions/{other.Session}", null, authorized, ("Cookie", page.Cookie));
        using var own = await app.SendAsync(HttpMethod.Delete, "api/v1/sessions/current", null, authorized, ("Cookie", page.Cookie));

        await another.JsonAsync(200);
        Assert.False(another.Headers.Contains("Set-Cookie"));
        await own.JsonAsync(200);
        Assert.StartsWith("__Host-exeunt=;", Assert.Single(own.Headers.GetValues("Set-Cookie")));
    }

    [Fact]
    public async Task ASVS_7_2_4_signing_in_again_in_one_browser_ends_the_session_that_it_forgets()
    {
        await using var app = await ExeuntApp.StartAsync();
        var page = await PageAsync(app);

        using var again = await app.SendAsync(
            HttpMethod.Post, Login, new { email = "ada@example.com", password = ExeuntApp.Password }, ("Cookie", page.Cookie), ("X-Exeunt-Cookie", "1"));

        Assert.True(await app.OpensAsync((await again.JsonAsync(200)).GetProperty("access_token").GetString()!));
        Assert.False(await app.OpensAsync(page.AccessToken));
    }

    [Theory]
    [InlineData("exeunt.example.com", null, false)]
    [InlineData("exeunt.example.com", "https", true)]
    [InlineData("localhost", null, true)]
    [InlineData("localhost.example.com", null, false)]
    public async Task Cookie_mode_needs_https_or_the_own_machine(string host, string? forwardedProto, bool works)
    {
        await using var app = await ExeuntApp.StartAsync(("Server:TrustedProxies:0", "127.0.0.1"));
        await app.AddAccountAsync("ada@example.com");

        using var response = await app.SendAsync(
            HttpMethod.Post, Login, new { email = "ada@example.com", password = ExeuntApp.Password },
            [("Host", host), ("X-Exeunt-Cookie", "1"), .. forwardedProto is null ? Array.Empty<(string, string)>() : [("X-Forwarded-Proto", forwardedProto)]]);

        if (works) await response.JsonAsync(200);
        else await response.ProblemAsync(400, "cookie-needs-https");
    }

    [Fact]
    public async Task A_page_of_a_foreign_origin_cannot_sign_anybody_in_here()
    {
        await using var app = await ExeuntApp.StartAsync();
        await app.AddAccountAsync("ada@example.com");

        using var response = await app.SendAsync(
            HttpMethod.Post, Login, new { email = "ada@example.com", password = ExeuntApp.Password }, ("X-Exeunt-Cookie", "1"), ("Origin", "https://evil.example"));

        await response.ProblemAsync(403, "foreign-origin");
        Assert.False(response.Headers.Contains("Set-Cookie"));
    }

    private static string Origin(ExeuntApp app) => app.Address.GetLeftPart(UriPartial.Authority);

    private static Task<HttpResponseMessage> LoginAsync(ExeuntApp app, string email = "ada@example.com") =>
        app.SendAsync(HttpMethod.Post, Login, new { email, password = ExeuntApp.Password }, ("X-Exeunt-Cookie", "1"));

    private static Task<HttpResponseMessage> LogoutAsync(ExeuntApp app, string cookie, params (string, string)[] headers) =>
        app.SendAsync(HttpMethod.Post, Logout, null, [("Cookie", cookie), .. headers]);

    private static async Task<(string Cookie, string Binder, string AccessToken)> PageAsync(ExeuntApp app, string email = "ada@example.com")
    {
        if (await app.Ledger.Reads.FindUserByEmailAsync(Exeunt.Accounts.User.Normalize(email), CancellationToken.None) is null) await app.AddAccountAsync(email);
        using var response = await LoginAsync(app, email);
        var answer = await response.JsonAsync(200);
        return (CookieOf(response), answer.GetProperty("binder").GetString()!, answer.GetProperty("access_token").GetString()!);
    }

    private static string CookieOf(HttpResponseMessage response) => response.Headers.GetValues("Set-Cookie").Single().Split(';')[0];

    private static string[] Attributes(string cookie) => [.. cookie.Split("; ").Skip(1).Select(a => a.ToLowerInvariant()).Order()];
}
