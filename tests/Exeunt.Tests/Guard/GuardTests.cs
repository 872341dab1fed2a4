using System.Net;
using Exeunt.Audit;
using Exeunt.Feed;
using Exeunt.Guard;
using Exeunt.Keys;
using Exeunt.Protocol.Jose;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Tests.Feed;
using Exeunt.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Exeunt.Tests.Guard;

/// <summary>A real API on another port, in touch with a real server.</summary>
public sealed class GuardTests
{
    [Fact]
    public async Task P3_A_token_opens_the_API_until_its_session_ends_and_never_again()
    {
        await using var server = await ExeuntApp.StartAsync();
        await using var api = await GuardApp.StartAsync(server);
        var (ada, bob) = (await server.SignUpAsync("ada@example.com"), await server.SignUpAsync("bob@example.com"));

        using (var hello = await api.AskAsync(ada.AccessToken)) Assert.Equal(ada.Session.ToString(), await hello.Content.ReadAsStringAsync());
        await FeedTests.LogOutAsync(server, ada);
        await api.RefusedAsync(ada.AccessToken);

        Assert.Equal(200, await api.StatusAsync(bob.AccessToken));
        using var refused = await api.AskAsync(ada.AccessToken);
        Assert.Equal("Bearer realm=\"exeunt\", error=\"invalid_token\", error_description=\"The session of this token has ended: sign in again.\"", Header(refused, "WWW-Authenticate"));
        Assert.Equal("WWW-Authenticate", Header(refused, "Access-Control-Expose-Headers"));
        Assert.Equal("no-store", Header(refused, "Cache-Control"));
    }

    [Fact]
    public async Task BRR_2_BRR_3_BRR_4_BRR_5_Each_failure_has_its_status_and_challenge()
    {
        await using var server = await ExeuntApp.StartAsync(("Tokens:Lifetime", "10m"));
        await using var api = await GuardApp.StartAsync(server);
        var ada = await server.SignUpAsync("ada@example.com");

        Assert.Equal((401, "Bearer realm=\"exeunt\""), await ChallengeAsync(null));
        Assert.Equal((401, "Bearer realm=\"exeunt\", error=\"invalid_token\", error_description=\"The access token is not one that this API accepts.\""), await ChallengeAsync(ada.AccessToken + "x"));
        Assert.Equal((401, "Bearer realm=\"exeunt\", error=\"invalid_token\", error_description=\"The access token is not one that this API accepts.\""), await ChallengeAsync(ada.RefreshToken));
        Assert.Equal((400, "Bearer realm=\"exeunt\", error=\"invalid_request\", error_description=\"Write the header as: Authorization: Bearer token.\""), await ChallengeAsync("a b"));
        Assert.Equal((403, "Bearer realm=\"exeunt\", error=\"insufficient_scope\""), await ChallengeAsync(ada.AccessToken, "admin"));
        server.Clock.Advance(TimeSpan.FromMinutes(11));
        Assert.Equal((401, "Bearer realm=\"exeunt\", error=\"invalid_token\", error_description=\"The access token has expired: refresh it, or sign in again.\""), await ChallengeAsync(ada.AccessToken));
        Assert.Equal(200, await api.StatusAsync(null, "open"));

        async Task<(int, string)> ChallengeAsync(string? token, string path = "")
        {
            using var response = await api.AskAsync(token, path);
            return ((int)response.StatusCode, Header(response, "WWW-Authenticate").Replace("<token>", "token", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("User"), InlineData("Client"), InlineData("Issuer"), InlineData("Everyone")]
    public async Task P3_Every_cut_off_reaches_the_API_and_spares_who_signs_in_afterwards(string scope)
    {
        await using var server = await ExeuntApp.StartAsync();
        await using var api = await GuardApp.StartAsync(server);
        var ada = await server.SignUpAsync("ada@example.com");
        EndScope what = scope switch
        {
            "User" => new EndScope.AllOf(ada.User),
            "Client" => new EndScope.Client((await server.Ledger.Reads.FindSessionAsync(ada.Session, default))!.Session.Client),
            "Issuer" => new EndScope.Issuer(ExeuntApp.Issuer),
            _ => new EndScope.Everyone(),
        };
        await server.Services.GetRequiredService<Revoker>().EndAsync(new() { Scope = what, By = Actor.Operator, Reason = EndReason.Admin, From = Origin.Here });
        await api.RefusedAsync(ada.AccessToken);

        Assert.Equal(200, await api.StatusAsync((await server.SignInAsync("ada@example.com")).AccessToken));
    }

    [Fact]
    public async Task P3_A_session_that_runs_out_is_out_everywhere()
    {
        await using var server = await ExeuntApp.StartAsync(("Sessions:IdleTimeout", "10m"));
        await using var api = await GuardApp.StartAsync(server);
        var ada = await server.SignUpAsync("ada@example.com");
        Assert.Equal(200, await api.StatusAsync(ada.AccessToken));

        server.Clock.Advance(TimeSpan.FromMinutes(10) + TimeSpan.FromSeconds(6));

        Assert.Equal(401, await api.StatusAsync(ada.AccessToken));
    }

    [Fact]
    public async Task P3_A_providers_session_that_is_ended_here_is_refused_by_an_API_that_stands_behind_another_scheme()
    {
        await using var clerk = await OutsideIssuer.StartAsync();
        await using var server = await ExeuntApp.StartAsync([.. clerk.Settings()]);
        await using var api = await GuardApp.StartAsync(await FeedReader.AddClientAsync(server), server.Clock, o => o.Servers.Add(server.Address), cookies: true);
        await api.SyncedAsync();
        var token = clerk.Token(server.Clock);
        Assert.True(await server.OpensAsync(token));
        var cookie = await SignInAsync(api, $"iss={OutsideIssuer.Issuer}&sub=user_ada&sid=sess_1");
        var other = await SignInAsync(api, $"iss={OutsideIssuer.Issuer}&sub=user_ada&sid=sess_2");
        Assert.Equal((200, 200), (await StatusAsync(api, cookie), await StatusAsync(api, other)));

        using var ended = await server.Client(token).DeleteAsync("v1/auth/session");

        while (await StatusAsync(api, cookie) != 401) await Task.Yield();
        Assert.Equal(200, await StatusAsync(api, other));
    }

    [Fact]
    public async Task JOSE_7_A_new_key_is_fetched_and_a_revoked_one_opens_nothing()
    {
        await using var server = await ExeuntApp.StartAsync();
        await using var api = await GuardApp.StartAsync(server);
        var before = await server.SignUpAsync("ada@example.com");
        Assert.Equal(200, await api.StatusAsync(before.AccessToken));
        var kid = server.Services.GetRequiredService<SigningKeys>().Current.KeyId;

        await server.Services.GetRequiredService<RevokeKey>().HandleAsync(kid, Actor.Operator);
        await api.RefusedAsync(before.AccessToken);
        server.Clock.Advance(TimeSpan.FromMinutes(1)); // unknown keys are asked for once a minute at most
        await api.SyncedAsync();
        var after = await server.SignInAsync("ada@example.com");

        Assert.Equal(200, await api.StatusAsync(after.AccessToken));
        Assert.Equal(401, await api.StatusAsync(before.AccessToken));
    }

    [Fact]
    public async Task Tokens_for_another_audience_of_another_issuer_or_by_another_key_do_not_pass()
    {
        await using var server = await ExeuntApp.StartAsync(("Tokens:Audience", "billing"));
        await using var other = await ExeuntApp.StartAsync();
        await using var api = await GuardApp.StartAsync(server);

        Assert.Equal(401, await api.StatusAsync((await server.SignUpAsync("ada@example.com")).AccessToken));
        Assert.Equal(401, await api.StatusAsync((await other.SignUpAsync("ada@example.com")).AccessToken));
    }

    [Fact]
    public async Task P3_UseExeuntRevocation_ends_the_cookie_of_another_scheme_by_its_claims()
    {
        await using var server = await ExeuntApp.StartAsync();
        await using var api = await GuardApp.StartAsync(await FeedReader.AddClientAsync(server), server.Clock, o => o.Servers.Add(server.Address), cookies: true);
        await api.SyncedAsync();
        var (ada, bob) = (await server.SignUpAsync("ada@example.com"), await server.SignUpAsync("bob@example.com"));
        var (hers, his, nobodys) = (await SignInAsync(api, $"sub={ada.User}&sid={ada.Session}"), await SignInAsync(api, $"sub={bob.User}&sid={bob.Session}"), await SignInAsync(api, "colour=blue"));

        Assert.Equal((200, 200, 401), (await StatusAsync(api, hers), await StatusAsync(api, his), await StatusAsync(api, nobodys)));
        await FeedTests.LogOutAsync(server, ada);
        while (await StatusAsync(api, hers) != 401) await Task.Yield();
        Assert.Equal(200, await StatusAsync(api, his));
    }

    [Fact]
    public async Task P3_UseExeuntRevocation_sees_whom_an_endpoint_has_authenticated_by_a_scheme_of_its_own()
    {
        await using var server = await ExeuntApp.StartAsync();
        await using var api = await GuardApp.StartAsync(await FeedReader.AddClientAsync(server), server.Clock, o => o.Servers.Add(server.Address), cookies: true);
        await api.SyncedAsync();
        var ada = await server.SignUpAsync("ada@example.com");
        var cookie = await SignInAsync(api, $"sub={ada.User}&sid={ada.Session}", "sign-in/others");
        Assert.Equal((200, 401), (await StatusAsync(api, cookie, "others"), await StatusAsync(api, cookie)));

        await FeedTests.LogOutAsync(server, ada);

        await api.UntilAsync(() => api.Index.Count == 1);
        Assert.Equal(401, await StatusAsync(api, cookie, "others"));
    }

    [Fact]
    public async Task P4_A_guard_acknowledges_what_it_enforces()
    {
        await using var server = await ExeuntApp.StartAsync();
        await using var api = await GuardApp.StartAsync(server, o => (o.Name, o.Instance) = ("orders", "a"));
        var guards = server.Services.GetRequiredService<ConnectedGuards>();
        var ada = await server.SignUpAsync("ada@example.com");

        await FeedTests.LogOutAsync(server, ada);
        var newest = server.Services.GetRequiredService<RevocationFeed>();
        await api.UntilAsync(() => guards.All.Single().Acknowledged.UpTo is { } upTo && upTo == newest.Newest && upTo.Sequence > 0);

        Assert.Equal(401, await api.StatusAsync(ada.AccessToken));
        Assert.Equal(("orders", "a"), (guards.All.Single().Name, guards.All.Single().Instance));
    }

    [Fact]
    public async Task The_first_address_that_answers_is_followed()
    {
        await using var server = await ExeuntApp.StartAsync();
        var closed = new Uri("http://127.0.0.1:9"); // discard: nobody listens
        await using var api = await GuardApp.StartAsync(await FeedReader.AddClientAsync(server), server.Clock, o =>
        {
            o.Servers.Add(closed);
            o.Servers.Add(server.Address);
        });

        await api.SyncedAsync();

        Assert.Equal(200, await api.StatusAsync((await server.SignUpAsync("ada@example.com")).AccessToken));
    }

    [Fact]
    public async Task P10_A_guard_whose_server_goes_away_follows_the_next_address()
    {
        await using var server = await ExeuntApp.StartAsync();
        await using var first = new TcpProxy(server.Address);
        await using var api = await GuardApp.StartAsync(await FeedReader.AddClientAsync(server), server.Clock, o =>
        {
            o.Servers.Add(first.Address);
            o.Servers.Add(server.Address);
        });
        await api.SyncedAsync();
        var (ada, bob) = (await server.SignUpAsync("ada@example.com"), await server.SignUpAsync("bob@example.com"));
        Assert.Equal(200, await api.StatusAsync(ada.AccessToken));

        first.Cut();
        await FeedTests.LogOutAsync(server, ada);

        await api.RefusedAsync(ada.AccessToken);
        Assert.Equal(200, await api.StatusAsync(bob.AccessToken));
    }

    [Fact]
    public async Task Every_mistake_in_the_options_is_named_and_the_API_does_not_start()
    {
        var mistakes = await Assert.ThrowsAsync<OptionsValidationException>(() => GuardApp.StartAsync(("nobody", ""), TimeProvider.System, o =>
        {
            o.Servers.Add(new("http://login.example.com"));
            o.Servers.Add(new("ftp://127.0.0.1"));
            o.Issuer = " ";
            o.Audiences.Clear();
            o.Leeway = TimeSpan.FromMinutes(2);
            o.RememberedTokens = 0;
            o.MostRevocations = 0;
            o.SnapshotFile = "/nowhere/at/all";
            o.Name = new('n', 101);
        }));

        Assert.Equal(
            ["Audiences", "ClientId", "ClientSecret", "Issuer", "Leeway", "MostRevocations", "Name, Instance", "RememberedTokens", "Servers", "Servers", "SnapshotFile"],
            mistakes.Failures.Select(f => f.Split(':')[0]).Order());
    }

    [Fact]
    public async Task P10_Health_is_degraded_while_stale_and_unhealthy_when_nothing_is_decided_any_more()
    {
        await using var server = await ExeuntApp.StartAsync();
        await using var api = await GuardApp.StartAsync(await FeedReader.AddClientAsync(server), server.Clock, o => o.Servers.Add(new("http://127.0.0.1:9")));
        Assert.Equal(HealthStatus.Unhealthy, await api.HealthAsync());

        var freshness = api.Services.GetRequiredService<Exeunt.Guard.Feed.Freshness>();
        freshness.KnownWithAge(TimeSpan.Zero);
        Assert.Equal(HealthStatus.Healthy, await api.HealthAsync());
        server.Clock.Advance(TimeSpan.FromSeconds(16));
        Assert.Equal(HealthStatus.Degraded, await api.HealthAsync());
        server.Clock.Advance(TimeSpan.FromSeconds(45));
        Assert.Equal(HealthStatus.Unhealthy, await api.HealthAsync());
    }

    internal static string Header(HttpResponseMessage response, string name) => response.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : "";

    internal static async Task<string> SignInAsync(GuardApp api, string claims, string path = "sign-in")
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = api.Address };
        using var response = await client.PostAsync($"{path}?{claims}", null);
        return response.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
    }

    private static async Task<int> StatusAsync(GuardApp api, string cookie, string path = "")
    {
        using var response = await api.AskAsync(null, path, ("Cookie", cookie));
        return (int)response.StatusCode;
    }
}
