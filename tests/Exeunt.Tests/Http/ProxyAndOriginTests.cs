using Exeunt.Audit;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Http;

public sealed class ProxyAndOriginTests
{
    [Fact]
    public async Task ASVS_4_1_3_forwarded_addresses_are_believed_of_trusted_proxies_only()
    {
        foreach (var (proxy, expected) in new[] { (null, "127.0.0.1"), ("192.0.2.1", "127.0.0.1"), ("127.0.0.1", "203.0.113.9"), ("127.0.0.0/8", "203.0.113.9") })
        {
            await using var app = await ExeuntApp.StartAsync(("Server:TrustedProxies:0", proxy));
            await app.AddAccountAsync("ada@example.com");

            using var response = await app.SendAsync(
                HttpMethod.Post, "api/v1/auth/login", new { email = "ada@example.com", password = ExeuntApp.Password }, ("X-Forwarded-For", "198.51.100.66, 203.0.113.9"));

            await response.JsonAsync(200);
            Assert.Equal(expected, (await app.AuditAsync(AuditActions.SignedIn))[0].Address);
        }
    }

    [Fact]
    public async Task CSRF_3_only_the_listed_origins_may_call_with_credentials()
    {
        await using var app = await ExeuntApp.StartAsync(("Server:AllowedOrigins:0", "https://app.example.com"));

        using var allowed = await PreflightAsync(app, "https://app.example.com");
        Assert.Equal(204, (int)allowed.StatusCode);
        Assert.Equal("https://app.example.com", allowed.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Equal("true", allowed.Headers.GetValues("Access-Control-Allow-Credentials").Single());
        Assert.Contains("X-Exeunt-Cookie", allowed.Headers.GetValues("Access-Control-Allow-Headers").Single(), StringComparison.OrdinalIgnoreCase);

        foreach (var origin in new[] { "https://app.example.com.evil.example", "http://app.example.com", "https://app.example.com:8443", "https://evil.example", "null", "*" })
        {
            using var refused = await PreflightAsync(app, origin);
            Assert.False(refused.Headers.Contains("Access-Control-Allow-Origin"), origin);
        }
    }

    [Fact]
    public async Task BRR_7_pages_can_read_the_challenge_and_caches_tell_origins_apart()
    {
        await using var app = await ExeuntApp.StartAsync(("Server:AllowedOrigins:0", "https://app.example.com"), ("Server:AllowedOrigins:1", "https://other.example.com"));

        using var response = await app.SendAsync(HttpMethod.Get, "api/v1/users/me", null, ("Origin", "https://other.example.com"));

        await response.ProblemAsync(401, "unauthenticated");
        Assert.Equal("https://other.example.com", response.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Contains("WWW-Authenticate", response.Headers.GetValues("Access-Control-Expose-Headers").Single());
        Assert.Equal("Origin", response.Headers.Vary.ToString());
    }

    private static Task<HttpResponseMessage> PreflightAsync(ExeuntApp app, string origin) => app.SendAsync(
        HttpMethod.Options, "api/v1/auth/refresh", null,
        ("Origin", origin), ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "x-exeunt-cookie,content-type"));
}
