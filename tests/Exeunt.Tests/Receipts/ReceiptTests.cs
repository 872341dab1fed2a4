using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using Exeunt.Audit;
using Exeunt.Feed;
using Exeunt.Protocol.Feed;
using Exeunt.Receipts;
using Exeunt.Tests.Feed;
using Exeunt.Tests.Guard;
using Exeunt.Tests.OAuth;
using Exeunt.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Exeunt.Tests.Receipts;

/// <summary>Answers to endings that wait for guards, and the receipts that prove who enforces them.</summary>
public sealed class ReceiptTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task P4_A_receipt_names_the_guards_that_enforce_the_ending_and_is_signed_with_the_published_keys()
    {
        await using var server = await ExeuntApp.StartAsync();
        var client = await FeedReader.AddClientAsync(server);
        await using var one = await GuardApp.StartAsync(client, server.Clock, o => Named(o, server, "orders", "1"));
        await using var two = await GuardApp.StartAsync(client, server.Clock, o => Named(o, server, "orders", "2"));
        await one.SyncedAsync();
        await two.SyncedAsync();
        var ada = await server.SignUpAsync("ada@example.com");
        var checkpoint = await server.Services.GetRequiredService<SignCheckpoint>().HandleAsync();

        var receipt = await Receipt.OfAsync(server, HttpMethod.Delete, "api/v1/sessions/current", ada.AccessToken);

        Assert.Equal(Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(checkpoint!))), receipt.Claims.Text("checkpoint"));
        Assert.Equal(["orders/1", "orders/2"], receipt.Acknowledged); // two replicas of one name are two guards
        Assert.Equal((true, 1m), (receipt.IsComplete, receipt.Claims.Number("ended")));
        Assert.Equal((401, 401), (await one.StatusAsync(ada.AccessToken), await two.StatusAsync(ada.AccessToken))); // the first request, at both
        var entry = (await server.AuditAsync("session_ended"))[^1];
        Assert.Equal(entry.Event.ToString(), receipt.Claims.Text("event"));
        Assert.Equal($"{receipt.Claims.Text("epoch")}:{receipt.Claims.Number("seq")}", server.Services.GetRequiredService<RevocationFeed>().Newest.ToString());
    }

    [Fact]
    public async Task P4_A_receipt_without_guards_says_so_and_one_that_is_asked_for_again_ends_nothing()
    {
        await using var server = await ExeuntApp.StartAsync();
        var ada = await server.SignUpAsync("ada@example.com");

        var first = await Receipt.OfAsync(server, HttpMethod.Delete, "api/v1/sessions/current", ada.AccessToken, wait: 99);
        var second = await Receipt.OfAsync(server, HttpMethod.Delete, "api/v1/sessions/current", ada.AccessToken);

        Assert.StartsWith("No guard", first.Claims.Text("note"), StringComparison.Ordinal);
        Assert.Equal((1m, 0m), (first.Claims.Number("ended"), second.Claims.Number("ended")));
        Assert.Equal(first.Claims.Text("event"), second.Claims.Text("event"));
    }

    [Fact]
    public async Task P4_A_reader_that_does_not_acknowledge_is_named_as_lagging_and_then_as_unreachable_until_its_tokens_are_dead()
    {
        await using var server = await ExeuntApp.StartAsync(("Contracts:Template:TokenLifetime", "10m"), ("Tokens:Lifetime", "10m"));
        var people = 0;
        var reader = await FeedReader.OpenAsync(server, await FeedReader.AddClientAsync(server), query: "?name=silent&tolerance=1200");
        await reader.ReadToAsync(FeedEvents.Heartbeat);
        Assert.Equal(["silent"], (await EndAsync(wait: 1)).Lagging);

        await reader.DisposeAsync();
        await GoneAsync(server);
        var lost = await EndAsync(wait: 10);
        Assert.Equal((false, 0), (lost.IsComplete, lost.Lagging.Length));
        Assert.Equal(["silent"], lost.Unreachable);
        server.Clock.Advance(TimeSpan.FromMinutes(19));
        Assert.Equal(["silent"], (await EndAsync(wait: 10)).Unreachable); // its tolerance is longer than any token's life
        server.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Empty((await EndAsync(wait: 10)).Unreachable);

        async Task<Receipt> EndAsync(int wait)
        {
            var person = await server.SignUpAsync($"person{++people}@example.com");
            return await Receipt.OfAsync(server, HttpMethod.Delete, "api/v1/sessions/current", person.AccessToken, wait);
        }
    }

    [Fact]
    public async Task P4_A_guard_that_stops_says_goodbye_and_one_that_is_back_is_not_lost()
    {
        await using var server = await ExeuntApp.StartAsync();
        var client = await FeedReader.AddClientAsync(server);
        var guard = await GuardApp.StartAsync(client, server.Clock, o => Named(o, server, "orders", "1"));
        await guard.SyncedAsync();
        await guard.DisposeAsync();
        await GoneAsync(server);
        Assert.Empty(server.Services.GetRequiredService<ConnectedGuards>().Lost);

        await using (var reader = await FeedReader.OpenAsync(server, client, query: "?name=orders&instance=1")) await reader.ReadToAsync(FeedEvents.Heartbeat);
        await GoneAsync(server);
        Assert.Single(server.Services.GetRequiredService<ConnectedGuards>().Lost);
        await using var back = await GuardApp.StartAsync(client, server.Clock, o => Named(o, server, "orders", "1"));
        await back.SyncedAsync();
        Assert.Empty(server.Services.GetRequiredService<ConnectedGuards>().Lost);
    }

    [Fact]
    public async Task P4_An_acknowledgement_from_before_a_restart_counts_for_nothing()
    {
        await using var server = await ExeuntApp.StartAsync();
        var client = await FeedReader.AddClientAsync(server);
        await using var before = await FeedReader.OpenAsync(server, client);
        await before.ReadToAsync(FeedEvents.Heartbeat);
        var id = server.Services.GetRequiredService<RevocationFeed>().Newest.ToString();
        await server.RestartAsync();
        await using var after = await FeedReader.OpenAsync(server, client);
        await after.ReadToAsync(FeedEvents.Heartbeat);

        using var late = await server.SendAsync(HttpMethod.Post, FeedEvents.AckPath, new { stream = before.Stream, id }, ("Authorization", FeedReader.Basic(client).ToString()));

        Assert.Equal(HttpStatusCode.NotFound, late.StatusCode);
        Assert.Null(Assert.Single(server.Services.GetRequiredService<ConnectedGuards>().All).Acknowledged.UpTo);
    }

    [Fact]
    public async Task P3_The_first_request_after_the_answer_is_refused_however_the_session_ended()
    {
        await using var server = await ExeuntApp.StartAsync(("Endings:WaitForGuards", "10s"));
        await using var api = await GuardApp.StartAsync(server);
        var admins = 0;
        (string How, Func<SignedIn, Task<HttpResponseMessage>> End)[] ways =
        [
            ("current", p => server.Client(p.AccessToken).DeleteAsync("api/v1/sessions/current")),
            ("all", p => server.Client(p.AccessToken).DeleteAsync("api/v1/sessions")),
            ("refresh token", p => server.Client().PostAsync("api/v1/auth/logout", new { refresh_token = p.RefreshToken })),
            ("logout-all", p => server.Client(p.AccessToken).PostAsync("api/v1/auth/logout-all", null)),
            ("template", p => server.Client(p.AccessToken).PostAsync("api/auth/logout", null)),
            ("audit", p => server.Client(p.AccessToken).PostAsync("auth/logout", null)),
            ("oauth revocation", p => server.FormAsync("revoke", null, ("token", p.AccessToken), ("client_id", "default"))),
            ("admin", async p => await server.Client(await AdminAsync()).PostAsync("api/v1/admin/endings", new { scope = "user", user = p.User })),
            ("disabled", async p => await server.Client(await AdminAsync()).PostAsync($"api/v1/admin/accounts/{p.User}/disable", new { })),
        ];
        foreach (var (how, end) in ways)
        {
            var person = await server.SignUpAsync($"{how.Replace(' ', '-')}@example.com");
            Assert.Equal(200, await api.StatusAsync(person.AccessToken));
            using var answer = await end(person);
            Assert.True(answer.IsSuccessStatusCode, how);
            Assert.True(await api.StatusAsync(person.AccessToken) == 401, how);
        }

        async Task<string> AdminAsync() => (await server.SignUpAsync($"admin{++admins}@example.com", ExeuntApp.Password, "admin")).AccessToken;
    }

    [Fact]
    public async Task P4_A_revocation_by_OAuth_brings_a_receipt_to_whoever_prefers_to_wait()
    {
        await using var server = await ExeuntApp.StartAsync();
        await using var api = await GuardApp.StartAsync(server, o => (o.Name, o.Instance) = ("orders", "1"));
        var ada = await server.SignUpAsync("ada@example.com");
        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["token"] = ada.RefreshToken, ["client_id"] = "default" });
        using var request = new HttpRequestMessage(HttpMethod.Post, "oauth2/revoke") { Content = form };
        request.Headers.Add("Prefer", "wait=10");

        using var answer = await server.Client().SendAsync(request);

        Assert.Equal("wait=10", answer.Headers.GetValues("Preference-Applied").Single());
        var receipt = await Receipt.OfAsync(server, (await answer.JsonAsync(200)).GetProperty("receipt").GetString()!);
        Assert.Equal(["orders/1"], receipt.Acknowledged);
        Assert.True(receipt.IsComplete);
    }

    [Fact]
    public async Task P4_A_guard_that_comes_while_a_receipt_is_waited_for_is_not_passed_over()
    {
        await using var server = await ExeuntApp.StartAsync();
        var client = await FeedReader.AddClientAsync(server);
        await using var early = await FeedReader.OpenAsync(server, client, query: "?name=early");
        await early.ReadToAsync(FeedEvents.Heartbeat);
        var ada = await server.SignUpAsync("ada@example.com");

        var waiting = Receipt.OfAsync(server, HttpMethod.Delete, "api/v1/sessions/current", ada.AccessToken, wait: 10);
        var place = (await early.ReadToAsync(FeedEvents.Revocation))[^1].EventId!;
        await using var late = await FeedReader.OpenAsync(server, client, query: "?name=late");
        await late.ReadToAsync(FeedEvents.Heartbeat);
        await AcknowledgeAsync(early);
        await AcknowledgeAsync(late); // only now all are there
        var receipt = await waiting;

        Assert.Equal(["early", "late"], receipt.Acknowledged);
        Assert.True(receipt.IsComplete);

        async Task AcknowledgeAsync(FeedReader reader)
        {
            using var told = await server.SendAsync(HttpMethod.Post, FeedEvents.AckPath, new { stream = reader.Stream, id = place }, ("Authorization", FeedReader.Basic(client).ToString()));
            Assert.Equal(HttpStatusCode.NoContent, told.StatusCode);
        }
    }

    [Fact]
    public async Task P3_A_guard_that_lets_the_wait_run_out_is_lagging_until_it_acknowledges()
    {
        await using var server = await ExeuntApp.StartAsync();
        var client = await FeedReader.AddClientAsync(server);
        await using var silent = await FeedReader.OpenAsync(server, client);
        await silent.ReadToAsync(FeedEvents.Heartbeat);
        var guard = Assert.Single(server.Services.GetRequiredService<ConnectedGuards>().All);
        Assert.False(guard.IsLagging);

        await FeedTests.LogOutAsync(server, await server.SignUpAsync("ada@example.com"));
        Assert.True(guard.IsLagging);

        var place = (await silent.ReadToAsync(FeedEvents.Revocation))[^1].EventId!;
        using var told = await server.SendAsync(HttpMethod.Post, FeedEvents.AckPath, new { stream = silent.Stream, id = place }, ("Authorization", FeedReader.Basic(client).ToString()));
        Assert.Equal(HttpStatusCode.NoContent, told.StatusCode);
        Assert.False(guard.IsLagging);
    }

    [Theory]
    [InlineData(1, 1), InlineData(2, 2), InlineData(10, 10), InlineData(11, 10), InlineData(99, 10)]
    public async Task P4_A_receipt_is_waited_for_as_long_as_was_asked_and_ten_seconds_at_most(int asked, int seconds)
    {
        var stopwatch = new HeldStopwatch();
        await using var server = await StartAsync(stopwatch);
        await using var still = await FeedReader.OpenAsync(server, await FeedReader.AddClientAsync(server), query: "?name=still");
        await still.ReadToAsync(FeedEvents.Heartbeat);
        var ada = await server.SignUpAsync("ada@example.com");

        var receipt = Receipt.OfAsync(server, HttpMethod.Delete, "api/v1/sessions/current", ada.AccessToken, asked);

        Assert.Equal(TimeSpan.FromSeconds(seconds), await stopwatch.RunOutAsync());
        Assert.Equal(["still"], (await receipt.WaitAsync(Patience)).Lagging);
    }

    [Fact]
    public async Task P3_A_guard_that_stands_still_costs_its_wait_once_until_it_is_back()
    {
        var stopwatch = new HeldStopwatch();
        await using var server = await StartAsync(stopwatch);
        var client = await FeedReader.AddClientAsync(server);
        await using var still = await FeedReader.OpenAsync(server, client);
        await still.ReadToAsync(FeedEvents.Heartbeat);
        SignedIn[] people = [.. await Task.WhenAll(Enumerable.Range(0, 5).Select(i => server.SignUpAsync($"person{i}@example.com")))];

        await WaitsOutAsync(people[0]);
        for (var i = 1; i < 4; i++) await FeedTests.LogOutAsync(server, people[i]).WaitAsync(Patience); // time stands still, so a second wait would last for ever
        Assert.Equal(0, stopwatch.Running);

        var place = server.Services.GetRequiredService<RevocationFeed>().Newest.ToString();
        using var told = await server.SendAsync(HttpMethod.Post, FeedEvents.AckPath, new { stream = still.Stream, id = place }, ("Authorization", FeedReader.Basic(client).ToString()));
        Assert.Equal(HttpStatusCode.NoContent, told.StatusCode);
        await WaitsOutAsync(people[4]); // it was back, and is waited for again

        async Task WaitsOutAsync(SignedIn person)
        {
            var logout = FeedTests.LogOutAsync(server, person);
            Assert.Equal(TimeSpan.FromMilliseconds(25), await stopwatch.RunOutAsync());
            await logout.WaitAsync(Patience);
        }
    }

    [Theory]
    [InlineData("respond-async, wait=1", true), InlineData("wait=1; foo=bar", true), InlineData("wait=\"1\"", true)]
    [InlineData("wait=soon", false), InlineData("wait=-1", false), InlineData("wait", false), InlineData("handling=lenient", false)]
    public async Task A_preference_that_cannot_be_read_is_left_alone(string prefer, bool isApplied)
    {
        await using var server = await ExeuntApp.StartAsync();
        var ada = await server.SignUpAsync("ada@example.com");

        using var answer = await server.SendAsync(HttpMethod.Delete, "api/v1/sessions/current", null, ("Authorization", $"Bearer {ada.AccessToken}"), ("Prefer", prefer));

        Assert.Equal(isApplied, answer.Headers.Contains("Preference-Applied"));
        Assert.Equal(isApplied, (await answer.JsonAsync(200)).TryGetProperty("receipt", out _));
    }

    private static Task<ExeuntApp> StartAsync(HeldStopwatch stopwatch) => ExeuntApp.StartAsync(new ExeuntSetup
    {
        Adjust = builder => builder.Services.AddSingleton(provider => ActivatorUtilities.CreateInstance<Enforcement>(provider, stopwatch)),
    });

    private static void Named(Exeunt.Guard.GuardOptions options, ExeuntApp server, string name, string instance)
    {
        options.Servers.Add(server.Address);
        (options.Name, options.Instance) = (name, instance);
    }

    // Its stream has ended; the server notices when it next looks.
    private static async Task GoneAsync(ExeuntApp server)
    {
        var guards = server.Services.GetRequiredService<ConnectedGuards>();
        while (true)
        {
            var next = guards.NextAsync();
            if (guards.All.Count == 0) return;
            await next.WaitAsync(Patience);
        }
    }

    /// <summary>Time that passes for one wait after the other, when it is told to.</summary>
    private sealed class HeldStopwatch : TimeProvider
    {
        private readonly Channel<(TimeSpan Due, Action RunOut)> waits = Channel.CreateUnbounded<(TimeSpan Due, Action RunOut)>();

        /// <summary>Waits that have begun and were not told to run out.</summary>
        public int Running => waits.Reader.Count;

        /// <summary>Lets the next wait run out, as soon as it has begun, and gives how long it was meant to be.</summary>
        public async Task<TimeSpan> RunOutAsync()
        {
            var (due, runOut) = await waits.Reader.ReadAsync().AsTask().WaitAsync(Patience);
            runOut();
            return due;
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            waits.Writer.TryWrite((dueTime, () => callback(state)));
            return System.CreateTimer(static _ => { }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
