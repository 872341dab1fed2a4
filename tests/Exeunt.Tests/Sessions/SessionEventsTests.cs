using System.Net;
using System.Net.ServerSentEvents;
using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Jobs;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Exeunt.Storage;
using Exeunt.Tests.Contracts;
using Exeunt.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Exeunt.Tests.Sessions;

/// <summary>A browser hears at once that its session has ended, and why.</summary>
public sealed class SessionEventsTests
{
    private const string Events = "api/v1/sessions/current/events";

    [Theory]
    [InlineData("DELETE", "api/v1/sessions/{0}", "other_device")]
    [InlineData("DELETE", "api/v1/sessions/others", "other_device")]
    [InlineData("DELETE", "api/v1/sessions", "logout_all")]
    [InlineData("POST", "api/v1/auth/logout-all", "logout_all")]
    public async Task An_ending_from_another_device_arrives_with_its_reason_and_the_answer_ends(string method, string path, string reason)
    {
        await using var app = await ExeuntApp.StartAsync();
        var here = await app.SignUpAsync("ada@example.com");
        var there = await app.SignInAsync("ada@example.com");
        using var stream = await OpenAsync(app, here.AccessToken);

        using var request = new HttpRequestMessage(new(method), string.Format(null, path, here.Session));
        using var ended = await app.Client(there.AccessToken).SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, ended.StatusCode);

        Assert.Equal([Ended(reason)], await ReadAsync(stream));
        await LeftAsync(app);
    }

    [Theory]
    [InlineData("client", "admin")]
    [InlineData("everyone", "everyone")]
    public async Task An_administrators_ending_of_many_arrives_too(string scope, string reason)
    {
        await using var app = await ExeuntApp.StartAsync();
        var here = await app.SignUpAsync("ada@example.com");
        var admin = await app.SignUpAsync("root@example.com", ExeuntApp.Password, User.AdminRole);
        using var stream = await OpenAsync(app, here.AccessToken);

        using var ended = await app.Client(admin.AccessToken).PostAsync("api/v1/admin/endings", new { scope, client = scope == "client" ? "default" : null });
        Assert.Equal(HttpStatusCode.OK, ended.StatusCode);

        Assert.Equal([Ended(reason)], await ReadAsync(stream));
    }

    [Fact]
    public async Task The_end_of_another_session_of_the_same_person_is_not_told()
    {
        await using var app = await ExeuntApp.StartAsync();
        var (here, there) = (await app.SignUpAsync("ada@example.com"), await app.SignInAsync("ada@example.com"));
        using var stream = await OpenAsync(app, here.AccessToken);

        using (await app.Client(there.AccessToken).DeleteAsync("api/v1/sessions/current"))
        using (await app.Client(here.AccessToken).DeleteAsync("api/v1/sessions/others"))
        {
        }

        using (await app.Client(here.AccessToken).DeleteAsync("api/v1/sessions/current"))
        {
        }

        Assert.Equal([Ended("user")], await ReadAsync(stream)); // had the others been told here, that would have come first
    }

    [Fact]
    public async Task Who_was_deaf_for_a_moment_is_told_on_coming_back()
    {
        await using var app = await ExeuntApp.StartAsync();
        var (here, there) = (await app.SignUpAsync("ada@example.com"), await app.SignInAsync("ada@example.com"));
        using (await app.Client(there.AccessToken).DeleteAsync("api/v1/sessions"))
        {
        }

        using var stream = await OpenAsync(app, here.AccessToken);

        Assert.Equal([Ended("logout_all")], await ReadAsync(stream));
        Assert.Equal(0, app.Services.GetRequiredService<SessionStreams>().Count);
    }

    [Fact]
    public async Task Heartbeats_are_sent_and_the_stream_ends_with_its_token()
    {
        await using var app = await ExeuntApp.StartAsync(("Tokens:Lifetime", "40s"));
        var here = await app.SignUpAsync("ada@example.com");
        using var stream = await OpenAsync(app, here.AccessToken);
        using var reader = new StreamReader(await stream.Content.ReadAsStreamAsync());
        var beats = 0;
        for (; app.Clock.GetUtcNow() < NoonPlus(30); app.Clock.Advance(SessionEventsEndpoint.HeartbeatEvery)) await BeatAsync();
        await BeatAsync();

        app.Clock.Advance(TimeSpan.FromSeconds(11));

        Assert.Equal("", await reader.ReadToEndAsync());
        Assert.Equal(3, beats);
        Assert.True(await RefreshesAsync(app, here)); // the session has not ended

        async Task BeatAsync()
        {
            Assert.Equal((":", ""), (await reader.ReadLineAsync(), await reader.ReadLineAsync()));
            beats++;
        }

        DateTimeOffset NoonPlus(int seconds) => new DateTimeOffset(2027, 3, 1, 12, 0, 0, TimeSpan.Zero).AddSeconds(seconds);
    }

    [Fact]
    public async Task A_refresh_at_this_node_prolongs_it()
    {
        await using var app = await ExeuntApp.StartAsync(("Tokens:Lifetime", "40s"));
        var here = await app.SignUpAsync("ada@example.com");
        using var stream = await OpenAsync(app, here.AccessToken);
        using var reader = new StreamReader(await stream.Content.ReadAsStreamAsync());
        app.Clock.Advance(TimeSpan.FromSeconds(39));
        Assert.True(await RefreshesAsync(app, here));

        app.Clock.Advance(TimeSpan.FromSeconds(30));
        var other = await app.SignInAsync("ada@example.com");
        using (await app.Client(other.AccessToken).DeleteAsync("api/v1/sessions"))
        {
        }

        Assert.EndsWith("event: ended\ndata: {\"reason\":\"logout_all\"}\n\n", await reader.ReadToEndAsync());
    }

    [Fact]
    public async Task A_session_whose_time_was_up_says_so()
    {
        await using var app = await ExeuntApp.StartAsync(("Sessions:IdleTimeout", "10m"), ("Tokens:Lifetime", "15m"));
        var here = await app.SignUpAsync("ada@example.com");
        using var stream = await OpenAsync(app, here.AccessToken);

        app.Clock.Advance(TimeSpan.FromMinutes(10) + TimeSpan.FromSeconds(1));

        Assert.Equal([Ended("idle_timeout")], await ReadAsync(stream));
    }

    [Fact]
    public async Task P3_An_ending_that_another_node_wrote_arrives_here()
    {
        await using var app = await ExeuntApp.StartAsync();
        var here = await app.SignUpAsync("ada@example.com");
        using var stream = await OpenAsync(app, here.AccessToken);

        // Into the store itself, as another process does: this node learns of it from the log alone.
        var store = app.Services.GetRequiredService<ILedgerStore>();
        await store.CommitAsync([async transaction =>
        {
            var session = (await transaction.SessionAsync(here.Session))!;
            app.Services.GetRequiredService<Revoker>().End(
                transaction,
                new() { Scope = new EndScope.OneSession(session.Id), By = Actor.Operator, Reason = EndReason.Admin, From = Origin.Here },
                session);
        }]);
        await app.Services.GetRequiredService<NewsReader>().CatchUpAsync(CancellationToken.None); // as every second

        Assert.Equal([Ended("admin")], await ReadAsync(stream));
    }

    [Fact]
    public async Task P2_An_ending_that_only_the_journal_could_take_arrives_at_once()
    {
        await using var app = await ExeuntApp.StartAsync();
        var (here, there) = (await app.SignUpAsync("ada@example.com"), await app.SignInAsync("ada@example.com"));
        using var stream = await OpenAsync(app, here.AccessToken);

        using var away = app.TakeLedgerAway();
        using var answer = await app.Client(there.AccessToken).DeleteAsync("api/v1/sessions");
        Assert.True((await answer.JsonAsync(200)).TryGetProperty("warning", out _));

        Assert.Equal([Ended("logout_all")], await ReadAsync(stream));
    }

    [Fact]
    public async Task A_session_has_no_more_streams_than_it_may_and_a_place_is_free_again_when_one_leaves()
    {
        await using var app = await ExeuntApp.StartAsync(("Limits:EventStreamsPerSession", "2"), ("Limits:EventStreams", "3"));
        var (ada, bob) = (await app.SignUpAsync("ada@example.com"), await app.SignUpAsync("bob@example.com"));
        var first = await OpenAsync(app, ada.AccessToken);
        using var second = await OpenAsync(app, ada.AccessToken);
        await RefusedAsync(app, ada);
        var third = await OpenAsync(app, bob.AccessToken);
        await RefusedAsync(app, bob); // the node is full

        first.Dispose();
        third.Dispose();
        await LeftAsync(app, but: 1);

        using var again = await OpenAsync(app, ada.AccessToken);
        Assert.Equal(2, app.Services.GetRequiredService<SessionStreams>().Count);
    }

    [Fact]
    public async Task Whoever_goes_away_is_forgotten_and_a_server_that_stops_waits_for_nobody()
    {
        await using var app = await ExeuntApp.StartAsync();
        var here = await app.SignUpAsync("ada@example.com");
        using (var connection = new SocketsHttpHandler { ResponseDrainTimeout = TimeSpan.Zero }) // a browser closes at once
        using (var browser = new HttpClient(connection) { BaseAddress = app.Address, DefaultRequestHeaders = { Authorization = new("Bearer", here.AccessToken) } })
        {
            for (var i = 0; i < 20; i++)
            {
                using (await browser.GetAsync(Events, HttpCompletionOption.ResponseHeadersRead))
                {
                    Assert.Equal(1, app.Services.GetRequiredService<SessionStreams>().Count);
                }

                await LeftAsync(app);
            }
        }

        using var last = await OpenAsync(app, here.AccessToken);
        await app.RestartAsync();

        Assert.Equal(0, app.Services.GetRequiredService<SessionStreams>().Count);
    }

    [Fact]
    public async Task BRR_3_Only_an_authentic_token_of_the_session_opens_it()
    {
        await using var app = await ExeuntApp.StartAsync();
        var here = await app.SignUpAsync("ada@example.com");
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(null));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(here.AccessToken[..^4] + "AAAA"));
        app.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(here.AccessToken));

        async Task<HttpStatusCode> StatusAsync(string? token)
        {
            using var answer = await app.Client(token).GetAsync(Events, HttpCompletionOption.ResponseHeadersRead);
            Assert.NotEmpty(answer.Headers.WwwAuthenticate);
            return answer.StatusCode;
        }
    }

    private static async Task<HttpResponseMessage> OpenAsync(ExeuntApp app, string token)
    {
        var answer = await app.Client(token).GetAsync(Events, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal("no-store", answer.Headers.CacheControl?.ToString());
        return answer;
    }

    // All events up to the end of the answer.
    private static async Task<List<(string, string)>> ReadAsync(HttpResponseMessage stream)
    {
        var events = new List<(string, string)>();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await foreach (var one in SseParser.Create(await stream.Content.ReadAsStreamAsync()).EnumerateAsync(patience.Token)) events.Add((one.EventType, one.Data));
        return events;
    }

    private static (string, string) Ended(string reason) => ("ended", $$"""{"reason":"{{reason}}"}""");

    private static async Task LeftAsync(ExeuntApp app, int but = 0)
    {
        while (app.Services.GetRequiredService<SessionStreams>().Count > but) await Task.Yield();
    }

    private static async Task RefusedAsync(ExeuntApp app, SignedIn who)
    {
        using var refused = await app.Client(who.AccessToken).GetAsync(Events, HttpCompletionOption.ResponseHeadersRead);
        await refused.ProblemAsync(429, "too-many-requests");
        Assert.NotNull(refused.Headers.RetryAfter);
    }

    private static async Task<bool> RefreshesAsync(ExeuntApp app, SignedIn who)
    {
        using var answer = await app.Client().PostAsync("api/v1/auth/refresh", new { refresh_token = who.RefreshToken });
        return answer.StatusCode == HttpStatusCode.OK;
    }
}
