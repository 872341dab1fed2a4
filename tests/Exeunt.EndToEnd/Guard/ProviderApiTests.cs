using System.Net;
using System.Text.Json;
using Exeunt.EndToEnd.Interop;
using Exeunt.EndToEnd.OtherStacks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Exeunt.EndToEnd.Guard;

/// <summary>The sample that takes a provider's tokens by a scheme of its own, with <c>UseExeuntRevocation</c> behind it, and the real server that mirrors their sessions.</summary>
public sealed class ProviderApiTests
{
    private const string Provider = "https://clerk.example.com";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task P3_when_a_providers_session_is_ended_the_API_refuses_its_tokens_and_asks_nobody()
    {
        using var minted = await NodeProcess.AskAsync("clerk.mjs", "mint", new { issuer = Provider }, Ct);
        var (ada, bob) = (Token("v2"), Token("v1"));
        await using var jwks = await ServeAsync(minted.RootElement.GetProperty("jwks").GetRawText());
        var keys = jwks.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First() + "/.well-known/jwks.json";
        await using var sample = await ProtectedSample.StartAsync(
            "provider-api",
            ["feed"],
            new()
            {
                ["Exeunt__Providers__0__Name"] = "clerk",
                ["Exeunt__Providers__0__Kind"] = "clerk",
                ["Exeunt__Providers__0__Issuer"] = Provider,
                ["Exeunt__Providers__0__JwksUri"] = keys,
            },
            ("PROVIDER_ISSUER", Provider), ("PROVIDER_JWKS", keys));
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.Unauthorized), (await sample.StatusAsync(ada), await sample.StatusAsync(bob), await sample.StatusAsync(Token("stranger"))));
        var asked = await sample.AskedAsync();

        await sample.EndAsync(HttpMethod.Delete, "v1/auth/session", ada);

        await sample.BecomesAsync(HttpStatusCode.Unauthorized, ada);
        for (var i = 0; i < 50; i++) Assert.Equal(HttpStatusCode.Unauthorized, await sample.StatusAsync(ada));
        Assert.Equal(HttpStatusCode.OK, await sample.StatusAsync(bob));
        Assert.Equal(asked, await sample.AskedAsync());

        string Token(string name) => minted.RootElement.GetProperty("tokens").GetProperty(name).GetString()!;
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
}
