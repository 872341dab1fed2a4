using Exeunt.Sqlite.Files;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.ForwardAuth;

/// <summary>What proxies are told (STANDARDS §18): 200 with whose it is, 401 or 403, and nothing else.</summary>
public sealed class ForwardAuthTests : IAsyncLifetime
{
    private const string Check = "api/v1/auth/check";

    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"];

    private ExeuntApp app = null!;

    public async ValueTask InitializeAsync() => app = await ExeuntApp.StartAsync();

    public ValueTask DisposeAsync() => app.DisposeAsync();

    [Fact]
    public async Task ENV_1_ENV_2_ENV_4_any_method_and_any_path_is_answered_with_exactly_200_and_whose_it_is()
    {
        var ada = await app.SignUpAsync("ada@example.com", ExeuntApp.Password, "admin", "Zoë, of sales");

        foreach (var method in Methods)
        {
            foreach (var path in new[] { Check, Check + "/", Check + "/orders/1?x=y", Check + "/a%2Fb/../c//d" })
            {
                using var response = await AskAsync(new(method), path, ("Authorization", "Bearer " + ada.AccessToken), ("X-Exeunt-Sub", "usr_spoofed"));
                Assert.Equal((200, ""), ((int)response.StatusCode, await response.Content.ReadAsStringAsync()));
                Assert.Equal((ada.User.ToString(), ada.Session.ToString(), "admin,Zo%C3%AB%2C%20of%20sales"), Named(response));
                Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
                Assert.False(response.Headers.Contains("Set-Cookie"));
            }
        }
    }

    [Fact]
    public async Task ENV_4_the_three_headers_are_there_also_when_they_are_empty()
    {
        var ada = await app.SignUpAsync("ada@example.com");

        using var without = await AskAsync(HttpMethod.Get, Check, ("Authorization", "Bearer " + ada.AccessToken));
        using var nobody = await AskAsync(HttpMethod.Get, Check, ("X-Exeunt-Roles", "admin"));

        Assert.Equal((ada.User.ToString(), ada.Session.ToString(), ""), Named(without));
        Assert.Equal((401, ("", "", "")), ((int)nobody.StatusCode, Named(nobody)));
    }

    [Fact]
    public async Task NGX_2_BRR_2_BRR_3_a_401_carries_the_challenge()
    {
        var ada = await app.SignUpAsync("ada@example.com");
        using (var logout = await app.Client(ada.AccessToken).DeleteAsync("api/v1/sessions/current")) await logout.JsonAsync(200);

        await RefusedAsync("Bearer realm=\"exeunt\"");
        await RefusedAsync("Bearer realm=\"exeunt\"", ("Authorization", "Basic YTpi"));
        await RefusedAsync("Bearer realm=\"exeunt\", error=\"invalid_token\"", ("Authorization", "Bearer " + ada.AccessToken));
        await RefusedAsync("Bearer realm=\"exeunt\", error=\"invalid_token\"", ("Authorization", "Bearer x"));
        await RefusedAsync("Bearer realm=\"exeunt\", error=\"invalid_request\"", ("Authorization", "Bearer"));
        await RefusedAsync("Bearer realm=\"exeunt\"", ("Cookie", "__Host-exeunt=" + ada.RefreshToken));
        await RefusedAsync("Bearer realm=\"exeunt\"", ("Cookie", "__Host-exeunt=x"));

        async Task RefusedAsync(string challenge, params (string, string)[] headers)
        {
            using var response = await AskAsync(HttpMethod.Get, Check, headers);
            await response.ProblemAsync(401, "unauthenticated");
            Assert.StartsWith(challenge, response.Headers.WwwAuthenticate.ToString());
            Assert.Equal(("", "", ""), Named(response));
        }
    }

    [Fact]
    public async Task A_cookie_is_looked_at_and_does_not_turn_and_a_bearer_decides_alone()
    {
        var ada = await app.SignUpAsync("ada@example.com", ExeuntApp.Password, "admin");
        app.Clock.Advance(TimeSpan.FromMinutes(5));

        for (var i = 0; i < 3; i++)
        {
            using var response = await AskAsync(HttpMethod.Get, Check, ("Cookie", $"a=b; __Host-exeunt={ada.RefreshToken}"));
            Assert.Equal((200, (ada.User.ToString(), ada.Session.ToString(), "admin")), ((int)response.StatusCode, Named(response)));
        }

        using var both = await AskAsync(HttpMethod.Get, Check, ("Cookie", $"__Host-exeunt={ada.RefreshToken}"), ("Authorization", "Bearer x"));
        Assert.Equal(401, (int)both.StatusCode);
        var row = (await app.Ledger.Reads.FindSessionAsync(ada.Session, CancellationToken.None))!.Session;
        Assert.Equal((0u, row.OpenedAt), (row.Generations.Current, row.LastSeenAt));
    }

    [Theory]
    [InlineData("POST", null, null)]
    [InlineData("DELETE", null, null)]
    [InlineData("post", null, null)]
    [InlineData("GET", "POST", null)]
    [InlineData("GET", null, "PUT")]
    [InlineData("GET", "GET", "POST")]
    [InlineData("GET", "POST", "GET")]
    [InlineData("GET", "TRACE", null)]
    public async Task By_cookie_what_changes_something_is_taken_from_pages_of_this_origin_only(string method, string? original, string? forwarded)
    {
        var ada = await app.SignUpAsync("ada@example.com");
        (string, string)[] headers =
        [
            ("Cookie", "__Host-exeunt=" + ada.RefreshToken), .. original is null ? Array.Empty<(string, string)>() : [("X-Original-Method", original)],
            .. forwarded is null ? Array.Empty<(string, string)>() : [("X-Forwarded-Method", forwarded)],
        ];

        foreach (var site in new[] { null, "same-site", "cross-site", "none", "Same-Origin", "same-origin, same-origin" })
        {
            using var refused = await AskAsync(new(method), Check, site is null ? headers : [.. headers, ("Sec-Fetch-Site", site)]);
            await refused.ProblemAsync(403, "forbidden");
            Assert.Equal(("", "", ""), Named(refused));
        }

        using var own = await AskAsync(new(method), Check, [.. headers, ("Sec-Fetch-Site", "same-origin")]);
        using var bearer = await AskAsync(new(method), Check, [.. headers, ("Authorization", "Bearer " + ada.AccessToken)]);
        Assert.Equal((200, 200), ((int)own.StatusCode, (int)bearer.StatusCode));
    }

    [Fact]
    public async Task By_cookie_a_WebSocket_is_opened_by_pages_of_this_origin_only()
    {
        var ada = await app.SignUpAsync("ada@example.com");
        (string, string)[] headers = [("Cookie", "__Host-exeunt=" + ada.RefreshToken), ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")];

        using var neighbour = await AskAsync(HttpMethod.Get, Check, [.. headers, ("Sec-Fetch-Site", "same-site")]);
        using var silent = await AskAsync(HttpMethod.Get, Check, headers);
        using var own = await AskAsync(HttpMethod.Get, Check, [.. headers, ("Sec-Fetch-Site", "same-origin")]);

        Assert.Equal((403, 403, 200), ((int)neighbour.StatusCode, (int)silent.StatusCode, (int)own.StatusCode));
    }

    [Fact]
    public async Task A_cookie_whose_successor_has_been_used_is_a_copy_and_opens_nothing_and_asking_ends_nothing()
    {
        var ada = await app.SignUpAsync("ada@example.com");
        var newest = ada.RefreshToken;
        for (var turn = 0; turn < 2; turn++)
        {
            app.Clock.Advance(TimeSpan.FromMinutes(1));
            using var turned = await app.Client().PostAsync("api/v1/auth/refresh", new { refresh_token = newest });
            newest = (await turned.JsonAsync(200)).GetProperty("refresh_token").GetString()!;
        }

        using var copy = await AskAsync(HttpMethod.Get, Check, ("Cookie", "__Host-exeunt=" + ada.RefreshToken));
        using var current = await AskAsync(HttpMethod.Get, Check, ("Cookie", "__Host-exeunt=" + newest));

        Assert.Equal((401, 200), ((int)copy.StatusCode, (int)current.StatusCode));
    }

    [Fact]
    public async Task NGX_1_a_preflight_is_judged_like_any_request_and_never_204()
    {
        await using var open = await ExeuntApp.StartAsync(("Server:AllowedOrigins:0", "https://app.example.com"));

        using var response = await open.SendAsync(HttpMethod.Options, Check, null, ("Origin", "https://app.example.com"), ("Access-Control-Request-Method", "POST"));

        Assert.Equal(401, (int)response.StatusCode);
    }

    [Fact]
    public async Task NGX_1_requests_that_are_too_large_are_403_and_nothing_else()
    {
        using var address = await AskAsync(HttpMethod.Get, $"{Check}/{new string('a', 5000)}");
        using var headers = await AskAsync(HttpMethod.Get, Check, ("X-Large", new string('x', 17 * 1024)));

        await address.ProblemAsync(403, "forbidden");
        await headers.ProblemAsync(403, "forbidden");
    }

    [Fact]
    public async Task AT_12_a_bearer_is_judged_without_the_ledger_and_a_cookie_that_cannot_be_is_403()
    {
        var ada = await app.SignUpAsync("ada@example.com");
        Rename("sessions", "sessions_away"); // nothing that reads or writes a session works

        for (var i = 0; i < 2; i++) // verified, then remembered
        {
            using var bearer = await AskAsync(HttpMethod.Get, Check, ("Authorization", "Bearer " + ada.AccessToken));
            Assert.Equal(200, (int)bearer.StatusCode);
        }

        using var cookie = await AskAsync(HttpMethod.Get, Check, ("Cookie", "__Host-exeunt=" + ada.RefreshToken));
        Rename("sessions_away", "sessions");
        await cookie.ProblemAsync(403, "forbidden");
        Assert.Equal(TimeSpan.FromSeconds(5), cookie.Headers.RetryAfter?.Delta);
        Assert.Equal(("", "", ""), Named(cookie));

        void Rename(string from, string to)
        {
            using var file = Database.OpenWriter(Path.Combine(app.DataFolder, "exeunt.db"), TimeSpan.FromSeconds(5));
            file.Execute($"alter table {from} rename to {to}");
        }
    }

    [Fact]
    public async Task An_outside_session_is_named_by_its_ids_here_and_one_of_unknown_keys_is_403()
    {
        await using var clerk = await OutsideIssuer.StartAsync();
        await using var server = await ExeuntApp.StartAsync(clerk.Settings());

        using var response = await server.SendAsync(HttpMethod.Get, Check, null, ("Authorization", "Bearer " + clerk.Token(server.Clock)));
        await using var away = await ExeuntApp.StartAsync([.. clerk.Settings().Where(s => !s.Item1.EndsWith("JwksUri", StringComparison.Ordinal)), ("Providers:0:JwksUri", "http://127.0.0.1:9/jwks.json")]);
        using var undecided = await away.SendAsync(HttpMethod.Get, Check, null, ("Authorization", "Bearer " + clerk.Token(away.Clock)));

        Assert.Equal(200, (int)response.StatusCode);
        Assert.StartsWith("usr_", Named(response).Sub);
        Assert.StartsWith("ses_", Named(response).Sid);
        await undecided.ProblemAsync(403, "forbidden");
    }

    private Task<HttpResponseMessage> AskAsync(HttpMethod method, string path, params (string Name, string Value)[] headers) => app.SendAsync(method, path, null, headers);

    private static (string Sub, string Sid, string Roles) Named(HttpResponseMessage response) =>
        (response.Headers.GetValues("X-Exeunt-Sub").Single(), response.Headers.GetValues("X-Exeunt-Sid").Single(), response.Headers.GetValues("X-Exeunt-Roles").Single());
}
