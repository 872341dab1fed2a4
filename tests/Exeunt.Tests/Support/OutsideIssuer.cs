using System.Text.Json;
using Exeunt.Protocol.Jose;
using Exeunt.Tests.Protocol.Jose;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Exeunt.Tests.Support;

/// <summary>A provider: it signs tokens, and publishes its keys over a real socket.</summary>
internal sealed class OutsideIssuer : IAsyncDisposable
{
    public const string Issuer = "https://clerk.example.com";

    private readonly WebApplication app;
    private int asked;
    private int minted;

    private OutsideIssuer(WebApplication app) => this.app = app;

    /// <summary>The key that signs now.</summary>
    public SigningKey Key { get; private set; } = SigningKey.Generate(JwsAlgorithm.RS256);

    /// <summary>What the address of its keys answers; null for the keys.</summary>
    public Func<HttpContext, Task>? Answer { get; set; }

    /// <summary>How often its keys were asked for.</summary>
    public int Asked => Volatile.Read(ref asked);

    /// <summary>Where its keys are.</summary>
    public string JwksUri { get; private set; } = "";

    public static async Task<OutsideIssuer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var issuer = new OutsideIssuer(builder.Build());
        issuer.app.MapGet("/jwks", (HttpContext http) =>
        {
            Interlocked.Increment(ref issuer.asked);
            if (issuer.Answer is { } other) return other(http);
            http.Response.ContentType = "application/jwk-set+json";
            return http.Response.Body.WriteAsync(new JwkSet(issuer.Key.Public).ToUtf8()).AsTask();
        });
        await issuer.app.StartAsync();
        issuer.JwksUri = issuer.app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First() + "/jwks";
        return issuer;
    }

    /// <summary>Replaces the key, as after a leak: the old one is no longer published.</summary>
    public void Rotate() => Key = SigningKey.Generate(JwsAlgorithm.RS256);

    /// <summary>Settings that make it a provider of a server.</summary>
    public (string, string?)[] Settings(string kind = "clerk", params (string Name, string? Value)[] more) =>
    [
        ("Providers:0:Name", "outside"), ("Providers:0:Kind", kind), ("Providers:0:Issuer", Issuer), ("Providers:0:JwksUri", JwksUri),
        .. more.Select(m => ($"Providers:0:{m.Name}", m.Value)),
    ];

    /// <summary>A token as Clerk makes them (version 2): 60 seconds, signed in now.</summary>
    public string Token(TestClock clock, string user = "user_ada", string session = "sess_1", Action<Dictionary<string, object?>>? change = null, string type = "JWT")
    {
        var now = clock.GetUtcNow().ToUnixTimeSeconds();
        var claims = new Dictionary<string, object?>
        {
            ["iss"] = Issuer,
            ["sub"] = user,
            ["sid"] = session,
            ["iat"] = now,
            ["nbf"] = now - 10,
            ["exp"] = now + 60,
            ["jti"] = $"jti-{Interlocked.Increment(ref minted)}",
            ["azp"] = "https://app.example.com",
            ["fva"] = new[] { 0, -1 },
            ["v"] = 2,
            ["sts"] = "active",
        };
        change?.Invoke(claims);
        return Sign(claims, type);
    }

    /// <summary>A token of these claims. A claim that is null is left out.</summary>
    public string Sign(Dictionary<string, object?> claims, string type = "JWT")
    {
        var payload = JsonSerializer.Serialize(claims.Where(c => c.Value is not null).ToDictionary());
        return Forge.Sign(Key, $$"""{"alg":"{{Key.Algorithm}}","kid":"{{Key.KeyId}}","typ":"{{type}}"}""", payload);
    }

    public async ValueTask DisposeAsync()
    {
        using var hurry = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await app.StopAsync(hurry.Token);
        await app.DisposeAsync();
        Key.Dispose();
    }
}
