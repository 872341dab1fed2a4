using System.Buffers;
using System.Text;
using System.Text.Json;
using Exeunt.Http;
using Exeunt.Protocol.Jose;
using Exeunt.Tests.Support;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Exeunt.Tests.Http;

public sealed class OperationTests
{
    [Fact]
    public async Task Health_and_readiness_answer()
    {
        await using var app = await ExeuntApp.StartAsync();

        using var alive = await app.Client().GetAsync("healthz");
        using var ready = await app.Client().GetAsync("readyz");

        Assert.Equal("alive", (await alive.JsonAsync(200)).GetProperty("status").GetString());
        Assert.Equal("ready", (await ready.JsonAsync(200)).GetProperty("status").GetString());
    }

    [Theory]
    [InlineData(0, null, true)]
    [InlineData(7, 12.5, false)]
    public void What_is_said_of_the_journal_is_what_the_serializer_would_say(int depth, double? oldest, bool writable)
    {
        var ready = new HealthResponse("ready", new(depth, oldest, writable));
        var written = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(written)) ready.WriteTo(json);

        Assert.Equal(JsonSerializer.Serialize(ready, ExeuntJson.Default.HealthResponse), Encoding.UTF8.GetString(written.WrittenSpan));
    }

    [Fact]
    public async Task A_server_that_is_asked_to_stop_is_alive_and_not_ready_and_says_why()
    {
        await using var app = await ExeuntApp.StartAsync();
        app.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();

        using var alive = await app.Client().GetAsync("healthz");
        using var ready = await app.Client().GetAsync("readyz");

        await alive.JsonAsync(200);
        Assert.Equal("The server is stopping.", Assert.Single((await ready.ProblemAsync(503, "not-ready")).GetProperty("reasons").EnumerateArray()).GetString());
    }

    [Fact]
    public async Task The_key_set_verifies_our_tokens_and_may_be_cached_for_minutes()
    {
        await using var app = await ExeuntApp.StartAsync();
        var ada = await app.SignUpAsync("ada@example.com");

        using var response = await app.Client().GetAsync(".well-known/jwks.json");

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal("application/jwk-set+json", response.Content.Headers.ContentType?.ToString());
        Assert.True(response.Headers.CacheControl is { Public: true, NoStore: false } cached && cached.MaxAge <= TimeSpan.FromMinutes(10));
        var document = await response.Content.ReadAsByteArrayAsync();
        Assert.True(JwkSet.TryParse(document, out var keys, out _));
        var verifier = new Exeunt.Protocol.AccessTokens.AccessTokenVerifier(ExeuntApp.Issuer, ["exeunt"]);
        Assert.IsType<Exeunt.Protocol.AccessTokens.AccessTokenVerdict.Valid>(verifier.Verify(ada.AccessToken, keys, app.Clock.GetUtcNow()));
        Assert.All(JsonSerializer.Deserialize<JsonElement>(document).GetProperty("keys").EnumerateArray(), key => Assert.False(key.TryGetProperty("d", out _)));
    }

    [Fact]
    public async Task The_OpenAPI_document_describes_every_route_with_its_bodies_and_answers()
    {
        await using var app = await ExeuntApp.StartAsync();

        using var response = await app.Client().GetAsync("openapi/v1.json");

        var document = await response.JsonAsync(200);
        var paths = document.GetProperty("paths");
        foreach (var (path, method, body) in new[]
        {
            ("/api/v1/auth/register", "post", true), ("/api/v1/auth/login", "post", true), ("/api/v1/auth/refresh", "post", true), ("/api/v1/users/me", "get", false),
            ("/api/v1/users/me/password", "put", true), ("/api/v1/sessions", "get", false), ("/api/v1/sessions", "delete", false),
            ("/api/v1/sessions/current", "delete", false), ("/api/v1/sessions/others", "delete", false), ("/api/v1/sessions/{sid}", "delete", false),
            ("/.well-known/jwks.json", "get", false), ("/healthz", "get", false), ("/readyz", "get", false),
        })
        {
            var operation = paths.GetProperty(path).GetProperty(method);
            Assert.NotEqual("", operation.GetProperty("operationId").GetString());
            Assert.NotEqual("", operation.GetProperty("summary").GetString());
            Assert.Equal(body, operation.TryGetProperty("requestBody", out _));
            Assert.Contains(operation.GetProperty("responses").EnumerateObject(), r => r.Name is "200" or "201");
        }

        var schemas = document.GetProperty("components").GetProperty("schemas");
        Assert.True(schemas.GetProperty("SignInRequest").GetProperty("properties").TryGetProperty("device_name", out _));
        Assert.True(schemas.GetProperty("SignedInResponse").GetProperty("properties").TryGetProperty("access_token", out _));
        Assert.DoesNotContain("Exeunt.", document.GetRawText());
        Assert.True(paths.GetProperty("/api/v1/users/me").GetProperty("get").TryGetProperty("security", out _));
        Assert.False(paths.GetProperty("/api/v1/auth/login").GetProperty("post").TryGetProperty("security", out _));
    }

    [Fact]
    public async Task The_OpenAPI_document_is_written_once_for_all_who_ask_and_disposes_of_nothing_of_the_app()
    {
        var written = 0;
        using var log = new KeptLog();
        await using var app = await ExeuntApp.StartAsync(new ExeuntSetup
        {
            Adjust = builder => builder.Services
                .AddSingleton<ILoggerFactory>(_ => log) // what a factory gives, its container disposes of
                .ConfigureAll<OpenApiOptions>(_ => Interlocked.Increment(ref written)),
        });

        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => app.Client().GetStringAsync("openapi/v1.json")));

        Assert.Single(answers.Distinct());
        Assert.Equal(1, written);
        Assert.False(log.IsDisposed);
    }

    [Fact]
    public async Task ASVS_16_2_5_no_secret_reaches_the_log()
    {
        await using var app = await ExeuntApp.StartAsync();
        var ada = await app.SignUpAsync("ada@example.com");
        using var cookies = await app.SendAsync(HttpMethod.Post, "api/v1/auth/login", new { email = "ada@example.com", password = ExeuntApp.Password }, ("X-Exeunt-Cookie", "1"));
        var binder = (await cookies.JsonAsync(200)).GetProperty("binder").GetString()!;
        var cookie = cookies.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
        using var query = await app.Client().GetAsync($"api/v1/users/me?access_token={ada.AccessToken}");
        using var path = await app.Client().GetAsync($"api/v1/{ada.RefreshToken}%0aforged: line");
        using var refresh = await app.SendAsync(HttpMethod.Post, "api/v1/auth/refresh", null, ("Cookie", cookie), ("X-Exeunt-Cookie", binder));
        using var end = await app.Client(ada.AccessToken).DeleteAsync("api/v1/sessions");

        Assert.Equal(401, (int)query.StatusCode);
        var log = string.Join('\n', app.Log.All);
        Assert.Contains("/api/v1/users/me answered 401", log);
        foreach (var secret in new[] { ada.AccessToken, ada.RefreshToken, ExeuntApp.Password, binder, cookie, "forged: line", "ada@example.com" }) Assert.DoesNotContain(secret, log);
    }

    private sealed class KeptLog : ILoggerFactory
    {
        public bool IsDisposed { get; private set; }

        public void AddProvider(ILoggerProvider provider)
        {
            // Nobody listens.
        }

        public ILogger CreateLogger(string categoryName) => NullLogger.Instance;

        public void Dispose() => IsDisposed = true;
    }
}
