using System.Net.Http.Headers;
using System.Text.Json;
using Exeunt.EndToEnd.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Exeunt.EndToEnd.Interop;

/// <summary>Tokens in Clerk's shape, made by npm jose, at the real process, which fetches their keys itself.</summary>
public sealed class ClerkTokenTests
{
    private const string Issuer = "https://clerk.example.com";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task CLK_3_sessions_of_tokens_made_by_npm_jose_are_listed_and_ended_and_bad_ones_refused()
    {
        using var minted = await NodeProcess.AskAsync("clerk.mjs", "mint", new { issuer = Issuer }, Ct);
        await using var jwks = await ServeAsync(minted.RootElement.GetProperty("jwks").GetRawText());
        using var folder = new TemporaryFolder();
        await using var server = await ExeuntProcess.ServeAsync(Path.Combine(folder.Path, "data"), new Dictionary<string, string?>
        {
            ["Exeunt__Providers__0__Name"] = "clerk",
            ["Exeunt__Providers__0__Kind"] = "clerk",
            ["Exeunt__Providers__0__Issuer"] = Issuer,
            ["Exeunt__Providers__0__JwksUri"] = jwks.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First() + "/.well-known/jwks.json",
        });
        using var client = server.Client();
        var tokens = minted.RootElement.GetProperty("tokens").EnumerateObject().ToDictionary(t => t.Name, t => t.Value.GetString()!);

        foreach (var (name, token) in tokens)
        {
            var (status, body) = await SendAsync(client, HttpMethod.Get, "api/v1/sessions", token);
            Assert.True(status == (name is "v1" or "v2" ? 200 : 401), $"{name}: {status} {body}");
        }

        foreach (var name in new[] { "stranger", "otherIssuer", "withoutSid", "v2" })
        {
            Assert.Equal(200, (await SendAsync(client, HttpMethod.Get, "api/v1/sessions", tokens["v2"])).Status);
            var (status, body) = await SendAsync(client, HttpMethod.Delete, "v1/auth/session", tokens[name]);
            Assert.Equal((200, """{"success":true,"message":"Logged out successfully"}"""), (status, body));
        }

        Assert.Equal(401, (await SendAsync(client, HttpMethod.Get, "api/v1/sessions", tokens["v2"])).Status);
        var (listed, sessions) = await SendAsync(client, HttpMethod.Get, "api/v1/sessions", tokens["v1"]);
        Assert.Equal(200, listed);
        Assert.Equal(1, JsonDocument.Parse(sessions).RootElement.GetProperty("sessions").GetArrayLength());
    }

    private static async Task<WebApplication> ServeAsync(string jwks)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapGet("/.well-known/jwks.json", () => Microsoft.AspNetCore.Http.Results.Text(jwks, "application/json"));
        await app.StartAsync(Ct);
        return app;
    }

    private static async Task<(int Status, string Body)> SendAsync(HttpClient client, HttpMethod method, string path, string token)
    {
        using var request = new HttpRequestMessage(method, path) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };
        using var response = await client.SendAsync(request, Ct);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Ct));
    }
}
