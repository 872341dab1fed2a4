using Exeunt.Tests.Support;

namespace Exeunt.Tests.Contracts;

/// <summary>The client of the browser contract: the refresh-token contract, with the token in a cookie that no script can read.</summary>
public sealed class BrowserContractTests : IAsyncLifetime
{
    private ExeuntApp app = null!;

    public async ValueTask InitializeAsync() => app = await ExeuntApp.StartAsync();

    public ValueTask DisposeAsync() => app.DisposeAsync();

    [Fact]
    public async Task Logout_by_cookie_ends_both_tokens_and_takes_the_cookie_away()
    {
        var (cookie, access, binder) = await SignInAsync();

        using var response = await LogoutAsync(cookie, ExeuntApp.Issuer, binder);

        Assert.Contains(response.Headers.GetValues("Set-Cookie"), c => c.StartsWith("__Host-exeunt=;", StringComparison.Ordinal) && c.Contains("max-age=0", StringComparison.OrdinalIgnoreCase));
        await response.AnswersAsync(200, """{"message":"Logged out successfully"}""");
        Assert.Equal(401, await app.StatusOfAsync(access));
        using var refresh = await SendAsync("api/v1/auth/refresh", cookie, ExeuntApp.Issuer, binder);
        Assert.Equal(401, (int)refresh.StatusCode);
    }

    [Fact]
    public async Task A_page_whose_binder_is_gone_can_still_log_out_and_again()
    {
        var (cookie, access, _) = await SignInAsync();

        await (await LogoutAsync(cookie, ExeuntApp.Issuer, "1")).AnswersAsync(200, """{"message":"Logged out successfully"}""");
        await (await LogoutAsync(cookie, ExeuntApp.Issuer, "1")).AnswersAsync(200, """{"message":"Logged out successfully"}""");
        Assert.Equal(401, await app.StatusOfAsync(access));
    }

    [Fact]
    public async Task CSRF_a_foreign_page_cannot_log_anybody_out()
    {
        var (cookie, access, binder) = await SignInAsync();

        using var foreign = await LogoutAsync(cookie, "https://evil.example", binder);
        await foreign.ProblemAsync(403, "foreign-origin");
        using var withoutOrigin = await LogoutAsync(cookie, null, binder);
        await withoutOrigin.ProblemAsync(403, "foreign-origin");
        using var withoutHeader = await LogoutAsync(cookie, ExeuntApp.Issuer, null);
        await withoutHeader.ProblemAsync(403, "cookie-header-missing");

        Assert.Equal(200, await app.StatusOfAsync(access));
    }

    private async Task<(string Cookie, string AccessToken, string Binder)> SignInAsync()
    {
        await app.AddAccountAsync("ada@example.com");
        using var request = new HttpRequestMessage(HttpMethod.Post, "api/v1/auth/login") { Content = Json.Body(new { email = "ada@example.com", password = ExeuntApp.Password }) };
        request.Headers.Add("X-Exeunt-Cookie", "1");
        request.Headers.Add("Origin", ExeuntApp.Issuer);
        using var response = await app.Client().SendAsync(request);
        var answer = await response.JsonAsync(200);
        Assert.False(answer.TryGetProperty("refresh_token", out _));
        var cookie = response.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
        return (cookie, answer.GetProperty("access_token").GetString()!, answer.GetProperty("binder").GetString()!);
    }

    private Task<HttpResponseMessage> LogoutAsync(string cookie, string? origin, string? header) => SendAsync("api/v1/auth/logout", cookie, origin, header);

    private async Task<HttpResponseMessage> SendAsync(string path, string cookie, string? origin, string? header)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path);
        request.Headers.Add("Cookie", cookie);
        if (origin is not null) request.Headers.Add("Origin", origin);
        if (header is not null) request.Headers.Add("X-Exeunt-Cookie", header);
        return await app.Client().SendAsync(request);
    }
}
