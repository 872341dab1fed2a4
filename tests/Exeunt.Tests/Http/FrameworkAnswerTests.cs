using System.Net;
using System.Text;
using Exeunt.Storage;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Http;

public sealed class FrameworkAnswerTests
{
    [Fact]
    public async Task An_unknown_address_is_a_problem_that_says_where_the_API_is_described()
    {
        await using var app = await ExeuntApp.StartAsync();
        foreach (var path in new[] { "", "api", "api/v1", "api/v1/auth", "api/v2/auth/login", "favicon.ico", "api/v1/auth/login/", "API/V1/unknown" })
        {
            using var response = await app.Client().GetAsync(path);
            Assert.True(response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed, path);
            Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        }
    }

    [Fact]
    public async Task A_wrong_method_names_the_right_ones()
    {
        await using var app = await ExeuntApp.StartAsync();

        using var response = await app.Client().GetAsync("api/v1/auth/login");

        var problem = await response.ProblemAsync(405, "method-not-allowed");
        Assert.Equal(["POST"], response.Content.Headers.Allow);
        Assert.Contains("POST", problem.GetProperty("detail").GetString());
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/xml")]
    [InlineData("multipart/form-data; boundary=x")]
    public async Task A_body_of_another_media_type_is_refused_with_the_right_one(string type)
    {
        await using var app = await ExeuntApp.StartAsync();
        using var body = new StringContent("{}", Encoding.UTF8);
        body.Headers.Remove("Content-Type");
        body.Headers.TryAddWithoutValidation("Content-Type", type);

        using var response = await app.Client().PostAsync("api/v1/auth/login", body);

        var problem = await response.ProblemAsync(415, "unsupported-media-type");
        Assert.Contains("application/json", problem.GetProperty("detail").GetString());
    }

    [Theory]
    [InlineData(16 * 1024 + 1)]
    [InlineData(64 * 1024 + 1)]
    [InlineData(1024 * 1024)]
    public async Task A_body_that_is_too_large_is_refused_with_the_limit(int bytes)
    {
        await using var app = await ExeuntApp.StartAsync();
        using var response = await app.Client().PostAsync("api/v1/auth/login", Json.Body("{\"email\":\"" + new string('a', bytes) + "\"}"));

        var problem = await response.ProblemAsync(413, "too-large");
        Assert.Contains("16384", problem.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task A_ledger_that_is_away_is_503_with_Retry_After_and_nothing_is_promised()
    {
        await using var app = await ExeuntApp.StartAsync();
        var ada = await app.SignUpAsync("ada@example.com");
        var ledger = app.Ledger;
        await ledger.DisposeAsync(); // the writer is gone; what is asked of it now cannot be recorded

        using var response = await app.Client().PostAsync("api/v1/auth/refresh", new { refresh_token = ada.RefreshToken });

        await response.ProblemAsync(503, "ledger-unavailable");
        Assert.Equal(TimeSpan.FromSeconds(1), response.Headers.RetryAfter?.Delta);
    }

    [Fact]
    public async Task Every_answer_carries_the_headers_that_keep_it_safe()
    {
        await using var app = await ExeuntApp.StartAsync(("Server:TrustedProxies:0", "127.0.0.0/8"));
        foreach (var path in new[] { "healthz", "nowhere", "api/v1/users/me", "api/v1/auth/login" })
        {
            using var plain = await app.SendAsync(HttpMethod.Get, path);
            using var secure = await app.SendAsync(HttpMethod.Get, path, null, ("X-Forwarded-Proto", "https"));

            Assert.Equal("no-store", plain.Headers.CacheControl?.ToString());
            Assert.Equal("nosniff", plain.Headers.GetValues("X-Content-Type-Options").Single());
            Assert.Equal("no-referrer", plain.Headers.GetValues("Referrer-Policy").Single());
            Assert.Contains("frame-ancestors 'none'", plain.Headers.GetValues("Content-Security-Policy").Single());
            Assert.Equal("Origin", plain.Headers.Vary.ToString());
            Assert.False(plain.Headers.Contains("Server"));
            Assert.False(plain.Headers.Contains("Strict-Transport-Security"));
            Assert.Equal("max-age=31536000", secure.Headers.GetValues("Strict-Transport-Security").Single());
        }
    }
}
