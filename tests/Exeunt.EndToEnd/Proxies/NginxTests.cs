using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Exeunt.EndToEnd.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Exeunt.EndToEnd.Proxies;

/// <summary>nginx with <c>auth_request</c> between the world and a site that knows nothing of Exeunt and notes the headers that reach it.</summary>
public sealed class NginxTests : IAsyncLifetime
{
    private const string Email = "ada@example.com";
    private const string Password = "purple-otter-lantern-41";

    private readonly TemporaryFolder folder = new();
    private readonly ConcurrentQueue<Dictionary<string, string>> reached = new();
    private ExeuntProcess server = null!;
    private WebApplication site = null!;
    private NginxProcess nginx = null!;
    private HttpClient client = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        server = await ExeuntProcess.ServeAsync(Path.Combine(folder.Path, "data"), new Dictionary<string, string?>
        {
            ["EXEUNT_ADMIN_EMAIL"] = Email,
            ["EXEUNT_ADMIN_PASSWORD"] = Password,
            ["Exeunt__Accounts__Registration"] = "open",
        });
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        site = builder.Build();
        site.Run(NoteAsync);
        await site.StartAsync(Ct);
        nginx = await NginxProcess.StartAsync(server.Address, new(site.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()));
        client = nginx.Client();
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await nginx.DisposeAsync();
        await site.DisposeAsync();
        await server.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task NGX_1_NGX_2_by_bearer_the_site_is_open_until_the_logout_and_shut_after_it()
    {
        var ada = await SignInAsync();
        var bearer = ("Authorization", "Bearer " + Text(ada, "access_token"));
        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Post, HttpMethod.Delete, HttpMethod.Head })
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(method, "orders/1?x=y", bearer));
        Assert.Equal(4, reached.Count);
        Assert.All(reached, headers => Assert.Equal((Text(ada.GetProperty("user"), "id"), Text(ada, "session_id"), "admin"), (headers["X-Exeunt-Sub"], headers["X-Exeunt-Sid"], headers["X-Exeunt-Roles"])));

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(HttpMethod.Delete, "api/v1/sessions/current", bearer));

        reached.Clear();
        for (var i = 0; i < 50; i++) Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(HttpMethod.Get, "orders/1", bearer));
        using var refused = await SendAsync(HttpMethod.Get, "", bearer);
        Assert.Contains("invalid_token", refused.Headers.WwwAuthenticate.ToString());
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(HttpMethod.Post, "orders"));
        Assert.Empty(reached);
    }

    [Fact]
    public async Task NGX_2_by_cookie_the_site_is_open_to_its_own_pages_until_the_logout()
    {
        using var login = await SendAsync(HttpMethod.Post, "api/v1/auth/login", new { email = Email, password = Password }, ("X-Exeunt-Cookie", "1"));
        Assert.Equal(HttpStatusCode.OK, login.StatusCode);
        var cookie = ("Cookie", "theme=dark; " + login.Headers.GetValues("Set-Cookie").Single().Split(';')[0] + "; cart=7");

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(HttpMethod.Get, "", cookie));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(HttpMethod.Post, "orders", cookie));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(HttpMethod.Post, "orders", cookie, ("X-Original-Method", "GET"), ("Sec-Fetch-Site", "cross-site")));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(HttpMethod.Post, "orders", cookie, ("Sec-Fetch-Site", "same-origin")));
        Assert.Equal(["theme=dark; cart=7", "theme=dark; cart=7"], reached.Select(headers => headers["Cookie"])); // the session's own stays behind
        Assert.All(reached, headers => Assert.StartsWith("ses_", headers["X-Exeunt-Sid"]));

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(HttpMethod.Post, "api/v1/auth/logout", cookie, ("X-Exeunt-Cookie", "1"), ("Sec-Fetch-Site", "same-origin")));

        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(HttpMethod.Get, "", cookie));
        Assert.Equal(2, reached.Count);
    }

    [Fact]
    public async Task NGX_3_spoofed_identity_headers_never_reach_the_site()
    {
        using (var made = await SendAsync(HttpMethod.Post, "api/v1/auth/register", new { email = "eve@example.com", password = Password })) Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        var eve = await SignInAsync("eve@example.com"); // without any role
        (string, string)[] spoofed =
        [
            ("X-Exeunt-Sub", "usr_root"), ("X-Exeunt-Sid", "ses_root"), ("X-Exeunt-Roles", "admin"), ("x-exeunt-roles", "root"), ("X_Exeunt_Roles", "admin"), ("X-Exeunt_Roles", "admin"),
        ];

        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(HttpMethod.Get, "", spoofed));
        Assert.Empty(reached);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(HttpMethod.Get, "", [.. spoofed, ("Authorization", "Bearer " + Text(eve, "access_token"))]));

        var identity = Assert.Single(reached).Where(h => h.Key.Replace('_', '-').StartsWith("X-Exeunt", StringComparison.OrdinalIgnoreCase)).OrderBy(h => h.Key).Select(h => (h.Key, h.Value));
        Assert.Equal([("X-Exeunt-Sid", Text(eve, "session_id")), ("X-Exeunt-Sub", Text(eve.GetProperty("user"), "id"))], identity);
        Assert.DoesNotContain("Authorization", reached.Single().Keys);
    }

    [Fact]
    public async Task The_check_of_nginx_is_not_to_be_asked_from_outside_and_a_server_that_is_away_lets_nobody_in()
    {
        var ada = await SignInAsync();
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(HttpMethod.Get, "exeunt-check", ("Authorization", "Bearer " + Text(ada, "access_token"))));

        await server.KillAsync();

        Assert.Equal(HttpStatusCode.InternalServerError, await StatusAsync(HttpMethod.Get, "", ("Authorization", "Bearer " + Text(ada, "access_token"))));
        Assert.Empty(reached);
    }

    private Task NoteAsync(HttpContext http)
    {
        reached.Enqueue(http.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.Ordinal));
        return Task.CompletedTask;
    }

    private async Task<JsonElement> SignInAsync(string email = Email)
    {
        using var response = await SendAsync(HttpMethod.Post, "api/v1/auth/login", new { email, password = Password });
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadFromJsonAsync<JsonElement>(Ct);
    }

    private async Task<HttpStatusCode> StatusAsync(HttpMethod method, string path, params (string Name, string Value)[] headers)
    {
        using var response = await SendAsync(method, path, body: null, headers);
        return response.StatusCode;
    }

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, params (string Name, string Value)[] headers) => SendAsync(method, path, body: null, headers);

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        foreach (var (name, value) in headers) Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        return await client.SendAsync(request, Ct);
    }

    private static string Text(JsonElement json, string member) => json.GetProperty(member).GetString()!;
}
