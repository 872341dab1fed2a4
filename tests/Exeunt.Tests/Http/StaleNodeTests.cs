using System.Runtime.Versioning;
using System.Security.Cryptography;
using Exeunt.Guard;
using Exeunt.Postgres;
using Exeunt.Protocol.Feed;
using Exeunt.Tests.Feed;
using Exeunt.Tests.Guard;
using Exeunt.Tests.Support;
using Npgsql;

namespace Exeunt.Tests.Http;

/// <summary>A node that cannot read who has left is stale by the rule of the guards: then it lets nobody in, and still everybody out.</summary>
[UnsupportedOSPlatform("windows")] // PostgreSQL is stopped by signals of Unix
public sealed class StaleNodeTests
{
    private const string Check = "api/v1/auth/check";
    private const string Me = "api/v1/users/me";

    [Fact]
    public async Task P10_A_node_cut_off_from_its_database_tolerates_it_for_a_minute_and_then_answers_503_and_never_401()
    {
        await using var cut = await CutOffAsync();

        cut.App.Clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(200, await cut.StatusAsync(Check, cut.Ada)); // from memory, and still good enough

        cut.App.Clock.Advance(TimeSpan.FromSeconds(1));
        foreach (var path in (string[])[Me, "api/v1/sessions", "api/user/profile"])
        {
            using var refused = await cut.App.Client(cut.Ada.AccessToken).GetAsync(path);
            Assert.Equal((503, "5"), ((int)refused.StatusCode, GuardTests.Header(refused, "Retry-After")));
            Assert.False(refused.Headers.Contains("WWW-Authenticate"));
            if (path.StartsWith("api/v1", StringComparison.Ordinal)) Assert.Equal("urn:exeunt:problem:cannot-verify", (await refused.JsonAsync(503)).GetProperty("type").GetString());
        }

        using var question = await cut.App.Client(cut.Ada.AccessToken).GetAsync(Check); // proxies know no 503
        Assert.Equal((403, "5"), ((int)question.StatusCode, GuardTests.Header(question, "Retry-After")));
        Assert.Equal(401, await cut.StatusAsync(Me, null));
    }

    [Fact]
    public async Task P2_A_stale_node_refuses_no_logout_and_what_it_knows_to_be_ended_is_401()
    {
        await using var cut = await CutOffAsync();
        cut.App.Clock.Advance(TimeSpan.FromMinutes(5));

        (HttpMethod Method, string Path)[] ways =
        [
            (HttpMethod.Delete, "api/v1/sessions/current"), (HttpMethod.Post, "auth/logout"), (HttpMethod.Delete, $"api/v1/sessions/{cut.People[2].Session}"),
            (HttpMethod.Delete, "v1/auth/session"), (HttpMethod.Post, "api/auth/logout"), (HttpMethod.Post, "api/v1/auth/logout-all"), (HttpMethod.Delete, "api/v1/sessions"),
        ];
        foreach (var (i, (method, path)) in ways.Index())
        {
            Assert.Equal(503, await cut.StatusAsync(Me, cut.People[i]));
            using var request = new HttpRequestMessage(method, path);
            using var answer = await cut.App.Client(cut.People[i].AccessToken).SendAsync(request);
            var said = await answer.JsonAsync(200);
            Assert.True(said.TryGetProperty("warning", out _) || said.TryGetProperty("audit_warning", out _), $"{path}: {said}");
            Assert.Equal(401, await cut.StatusAsync(Me, cut.People[i]));
        }

        using (var others = await cut.App.Client(cut.Ada.AccessToken).DeleteAsync("api/v1/sessions/others")) Assert.Equal(200, (int)others.StatusCode);
        Assert.Equal(503, await cut.StatusAsync(Me, cut.Ada)); // it has not ended, and nobody can say more
    }

    [Fact]
    public async Task P10_A_guard_that_follows_a_node_cut_off_from_its_database_becomes_stale_although_its_stream_lives()
    {
        GuardApp api = null!;
        FeedReader reader = null!;
        await using var cut = await CutOffAsync(async (app, ada) =>
        {
            var client = await FeedReader.AddClientAsync(app);
            api = await GuardApp.StartAsync(client, app.Clock, o =>
            {
                o.Servers.Add(app.Address);
                o.Stale = StaleBehavior.Refuse;
            });
            await api.SyncedAsync();
            reader = await FeedReader.OpenAsync(app, client);
            Assert.Equal(200, await api.StatusAsync(ada.AccessToken));
        });
        await using var guarded = api;
        await using var reading = reader;

        for (var beats = 0; beats < 5; beats++) await BeatAsync();

        // What the node journals reaches its guards. It comes behind the heartbeats, which have been heard, then, and have made nobody fresh.
        using (var left = await cut.App.Client().PostAsync("api/v1/auth/logout", new { refresh_token = cut.People[0].RefreshToken })) Assert.True((await left.JsonAsync(200)).TryGetProperty("warning", out _));
        await UntilAsync(cut.People[0], 401);
        Assert.Equal(503, await api.StatusAsync(cut.Ada.AccessToken));
        Assert.True(api.Guard.Age > TimeSpan.FromSeconds(15), $"{api.Guard.Age}");

        cut.Network.Heal();
        await UntilAsync(cut.Ada, 200, BeatAsync);
        Assert.Equal(401, await api.StatusAsync(cut.People[0].AccessToken));

        async Task BeatAsync()
        {
            cut.App.Clock.Advance(FeedEvents.HeartbeatEvery);
            await reader.ReadToAsync(FeedEvents.Heartbeat);
        }

        async Task UntilAsync(SignedIn person, int status, Func<Task>? meanwhile = null)
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            while (await api.StatusAsync(person.AccessToken) != status)
            {
                patience.Token.ThrowIfCancellationRequested();
                if (meanwhile is not null) await meanwhile();
            }
        }
    }

    [Fact]
    public async Task P10_A_node_that_reaches_its_database_again_serves_again()
    {
        await using var cut = await CutOffAsync();
        cut.App.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(503, await cut.StatusAsync(Me, cut.Ada));

        cut.Network.Heal();

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await cut.StatusAsync(Me, cut.Ada) != 200) patience.Token.ThrowIfCancellationRequested();
    }

    [Fact]
    public async Task P10_A_node_that_merely_stood_still_looks_at_the_log_and_goes_on()
    {
        await using var app = await ExeuntApp.StartAsync(("Tokens:Lifetime", "12h"), ("Endings:TolerateStale", "0s"));
        var (ada, bob) = (await app.SignUpAsync("ada@example.com"), await app.SignUpAsync("bob@example.com"));

        app.Clock.Advance(TimeSpan.FromHours(1));

        foreach (var path in (string[])[Check, Me])
        {
            using var served = await app.Client(ada.AccessToken).GetAsync(path);
            Assert.Equal(200, (int)served.StatusCode);
        }

        using var gone = await app.Client(bob.AccessToken).DeleteAsync("api/v1/sessions/current");
        Assert.Equal(200, (int)gone.StatusCode);
    }

    [Fact]
    public async Task P10_A_node_that_started_without_its_ledger_has_never_read_it_and_is_infinitely_stale()
    {
        using var folder = new TemporaryFolder();
        var setup = new ExeuntSetup { DataFolder = Path.Combine(folder.Path, "data"), Settings = [("Tokens:Lifetime", "12h")] };
        SignedIn ada, bob;
        await using (var app = await ExeuntApp.StartAsync(setup)) (ada, bob) = (await app.SignUpAsync("ada@example.com"), await app.SignUpAsync("bob@example.com"));
        foreach (var file in Directory.GetFiles(setup.DataFolder, "exeunt.db*")) File.Delete(file);
        Directory.CreateDirectory(Path.Combine(setup.DataFolder, "exeunt.db"));

        await using var away = await ExeuntApp.StartAsync(setup);

        using (var refused = await away.Client(ada.AccessToken).GetAsync(Me)) Assert.Equal("urn:exeunt:problem:cannot-verify", (await refused.JsonAsync(503)).GetProperty("type").GetString());
        using (var left = await away.Client(bob.AccessToken).DeleteAsync("api/v1/sessions/current")) Assert.True((await left.JsonAsync(200)).TryGetProperty("warning", out _));
        using (var gone = await away.Client(bob.AccessToken).GetAsync(Me)) Assert.Equal(401, (int)gone.StatusCode);
    }

    private static async Task<CutOff> CutOffAsync(Func<ExeuntApp, SignedIn, Task>? before = null)
    {
        var server = await PostgresServer.SharedAsync();
        var network = new TcpProxy(new($"http://127.0.0.1:{server.Port}/"));
        var database = await server.NewDatabaseAsync();
        var app = await ExeuntApp.StartAsync(
            ("Ledger:Postgres", new NpgsqlConnectionStringBuilder(database) { Port = network.Address.Port }.ConnectionString),
            ("Ledger:MasterKey", Convert.ToBase64String(RandomNumberGenerator.GetBytes(32))), ("Tokens:Lifetime", "12h"));
        var people = new List<SignedIn> { await app.SignUpAsync("ada@example.com") };
        for (var i = 0; i < 7; i++) people.Add(await app.SignUpAsync($"p{i}@example.com"));
        var cut = new CutOff(app, network, people[0], people[1..], server, PostgresSettings.Parse(database).Database!);
        Assert.Equal(200, await cut.StatusAsync(Me, cut.Ada));
        if (before is not null) await before(app, people[0]);
        network.Cut();
        return cut;
    }

    private sealed record CutOff(ExeuntApp App, TcpProxy Network, SignedIn Ada, IReadOnlyList<SignedIn> People, PostgresServer Server, string Database) : IAsyncDisposable
    {
        public async Task<int> StatusAsync(string path, SignedIn? who)
        {
            using var answer = await App.Client(who?.AccessToken).GetAsync(path);
            return (int)answer.StatusCode;
        }

        public async ValueTask DisposeAsync()
        {
            await App.DisposeAsync();
            await Network.DisposeAsync();
            await Server.DropDatabaseAsync(Database);
        }
    }
}
