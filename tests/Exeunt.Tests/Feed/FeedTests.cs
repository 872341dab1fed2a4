using System.Net.ServerSentEvents;
using System.Text.Json;
using Exeunt.Audit;
using Exeunt.Feed;
using Exeunt.Protocol.Feed;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Tests.Contracts;
using Exeunt.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Exeunt.Tests.Feed;

/// <summary>The feed over a real socket, read by a stranger.</summary>
public sealed class FeedTests
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task P3_A_new_reader_is_given_all_that_is_in_force_and_then_each_ending_as_it_is_committed()
    {
        await using var app = await ExeuntApp.StartAsync();
        var (before, after) = (await app.SignUpAsync("ada@example.com"), await app.SignUpAsync("bob@example.com"));
        await LogOutAsync(app, before);

        await using var reader = await FeedReader.OpenAsync(app, await FeedReader.AddClientAsync(app));
        var greeting = await reader.ReadToAsync(FeedEvents.Heartbeat);
        await LogOutAsync(app, after);
        var told = (await reader.ReadToAsync(FeedEvents.Revocation))[^1];

        Assert.Equal([FeedEvents.Snapshot, FeedEvents.Heartbeat], greeting.Select(e => e.EventType));
        Assert.True(SnapshotPart.TryRead(System.Text.Encoding.UTF8.GetBytes(greeting[0].Data), out var snapshot));
        Assert.True(snapshot.IsLast);
        Assert.Equal(before.Session.ToString(), Assert.Single(snapshot.Revocations).Key);
        var revocation = Read(told);
        Assert.Equal((after.Session.ToString(), RevocationScope.Session, EndReason.User), (revocation.Key, revocation.Scope, revocation.Reason));
        Assert.Equal(new FeedPlace(revocation.Epoch, revocation.Sequence).ToString(), told.EventId);
    }

    [Fact]
    public async Task A_reader_that_was_sent_more_than_the_log_holds_begins_another_epoch_but_not_as_often_as_it_likes()
    {
        await using var app = await ExeuntApp.StartAsync();
        var client = await FeedReader.AddClientAsync(app);
        var feed = app.Services.GetRequiredService<RevocationFeed>();
        await LogOutAsync(app, await app.SignUpAsync("ada@example.com"));
        var first = feed.Newest.Epoch;

        var second = await ClaimAsync();
        var same = await ClaimAsync();
        app.Clock.Advance(TimeSpan.FromMinutes(1));
        var third = await ClaimAsync();

        Assert.NotEqual(first, second);
        Assert.Equal(second, same);
        Assert.NotEqual(second, third);
        Assert.Equal(2, app.Log.All.Count(line => line.Contains("WAS PUT BACK FROM AN OLDER COPY", StringComparison.Ordinal)));
        Assert.True(feed.Newest.Sequence < 100, "A number that a reader made up came into the log.");

        async Task<string> ClaimAsync()
        {
            await using var reader = await FeedReader.OpenAsync(app, client, $"{feed.Newest.Epoch}:{long.MaxValue}");
            var greeting = await reader.ReadToAsync(FeedEvents.Heartbeat);
            Assert.Equal(FeedEvents.Snapshot, greeting[0].EventType); // whoever is right: it is given all that is in force
            return feed.Newest.Epoch;
        }
    }

    [Fact]
    public async Task P2_A_stream_that_cannot_begin_because_the_ledger_is_away_is_refused_with_503_and_can_be_asked_for_again()
    {
        await using var app = await ExeuntApp.StartAsync();
        var client = await FeedReader.AddClientAsync(app);
        var newest = app.Services.GetRequiredService<RevocationFeed>().Newest;
        var beyond = $"{newest.Epoch}:{newest.Sequence + 1}"; // taking a reader at its word writes to the ledger before anything is sent

        using (app.TakeLedgerAway())
        using (var refused = await FeedReader.AskAsync(app, client, beyond))
        {
            await refused.ProblemAsync(503, "ledger-unavailable");
            Assert.NotNull(refused.Headers.RetryAfter?.Delta);
            Assert.False(refused.Headers.Contains(FeedEvents.StreamHeader)); // it has none
        }

        Assert.Empty(app.Services.GetRequiredService<ConnectedGuards>().All);
        await using var again = await FeedReader.OpenAsync(app, client, beyond);
        Assert.Equal(FeedEvents.Snapshot, (await again.ReadToAsync(FeedEvents.Heartbeat))[0].EventType);
    }

    [Fact]
    public async Task A_reader_of_the_same_epoch_is_given_everything_after_its_last_event_and_no_snapshot()
    {
        await using var app = await ExeuntApp.StartAsync();
        var client = await FeedReader.AddClientAsync(app);
        var people = new List<SignedIn>();
        for (var i = 0; i < 5; i++) people.Add(await app.SignUpAsync($"p{i}@example.com"));
        string last;
        await using (var reader = await FeedReader.OpenAsync(app, client))
        {
            await LogOutAsync(app, people[0]);
            last = (await reader.ReadToAsync(FeedEvents.Revocation))[^1].EventId!;
        }

        foreach (var person in people[1..]) await LogOutAsync(app, person);
        await using var again = await FeedReader.OpenAsync(app, client, last);
        List<SseItem<string>> missed = []; // the newest may come after the first heartbeat: guards are told off a logout's path
        while (missed.Count(e => e.EventType == FeedEvents.Revocation) < people.Count - 1) missed.AddRange(await again.ReadToAsync(FeedEvents.Revocation));

        Assert.Equal(people[1..].Select(p => p.Session.ToString()), missed.Where(e => e.EventType == FeedEvents.Revocation).Select(e => Read(e).Key));
        Assert.DoesNotContain(missed, e => e.EventType == FeedEvents.Snapshot);
    }

    [Fact]
    public async Task A_reader_that_missed_a_restart_is_served_from_the_log_and_one_of_another_epoch_or_from_the_future_gets_the_snapshot()
    {
        await using var app = await ExeuntApp.StartAsync();
        var client = await FeedReader.AddClientAsync(app);
        var (first, second) = (await app.SignUpAsync("ada@example.com"), await app.SignUpAsync("bob@example.com"));
        string last;
        await using (var reader = await FeedReader.OpenAsync(app, client))
        {
            await LogOutAsync(app, first);
            last = (await reader.ReadToAsync(FeedEvents.Revocation))[^1].EventId!;
            await LogOutAsync(app, second);
        }

        await app.RestartAsync();

        await using var same = await FeedReader.OpenAsync(app, client, last);
        Assert.Equal([second.Session.ToString()], (await same.ReadToAsync(FeedEvents.Heartbeat)).Where(e => e.EventType == FeedEvents.Revocation).Select(e => Read(e).Key));
        foreach (var stranger in new[] { "0123456789abcdef:1", last.Split(':')[0] + ":99" })
        {
            await using var other = await FeedReader.OpenAsync(app, client, stranger);
            Assert.Equal(FeedEvents.Snapshot, (await other.NextAsync())!.Value.EventType);
        }
    }

    [Fact]
    public async Task P10_The_heartbeat_comes_every_five_seconds_with_the_newest_place_the_time_and_what_the_server_knows_as_of()
    {
        await using var app = await ExeuntApp.StartAsync();
        await using var reader = await FeedReader.OpenAsync(app, await FeedReader.AddClientAsync(app));
        var greeting = Beats((await reader.ReadToAsync(FeedEvents.Heartbeat))[^1]);

        app.Clock.Advance(Beat);
        var beat = Beats((await reader.ReadToAsync(FeedEvents.Heartbeat))[^1]);

        Assert.Equal(greeting.Time + Beat, beat.Time);
        Assert.Equal(beat.Time, beat.AsOf);
        Assert.Equal(greeting.Newest, beat.Newest);
    }

    [Fact]
    public async Task An_announcement_reaches_every_reader_without_moving_it_and_later_readers_until_the_log_has_it()
    {
        await using var app = await ExeuntApp.StartAsync();
        var client = await FeedReader.AddClientAsync(app);
        var person = await app.SignUpAsync("ada@example.com");
        await using var early = await FeedReader.OpenAsync(app, client);
        await early.ReadToAsync(FeedEvents.Heartbeat);
        var pending = new Revocation
        {
            Event = Exeunt.Protocol.Ids.Id.New<Exeunt.Protocol.Ids.EventId>(app.Clock.GetUtcNow()),
            Scope = RevocationScope.Session,
            Issuer = ExeuntApp.Issuer,
            Key = person.Session.ToString(),
            At = app.Clock.GetUtcNow(),
            Expires = app.Clock.GetUtcNow().AddHours(1),
            Reason = EndReason.User,
        };

        app.Services.GetRequiredService<RevocationFeed>().Announce(pending);
        await using var late = await FeedReader.OpenAsync(app, client);
        var (told, toldLate) = ((await early.ReadToAsync(FeedEvents.Revocation))[^1], (await late.ReadToAsync(FeedEvents.Revocation))[^1]);
        await app.Ledger.RunAsync(transaction => new ValueTask<Revocation>(transaction.Append(pending)));
        var placed = (await early.ReadToAsync(FeedEvents.Revocation))[^1];
        await using var afterwards = await FeedReader.OpenAsync(app, client);
        var greeting = await afterwards.ReadToAsync(FeedEvents.Heartbeat);

        Assert.Equal((pending, pending), (Read(told), Read(toldLate)));
        Assert.Equal(pending.Event, Read(placed).Event);
        Assert.DoesNotContain(greeting, e => e.EventType == FeedEvents.Revocation && Read(e).Sequence == 0);
    }

    [Fact]
    public async Task P4_An_acknowledgement_is_cumulative_and_counts_for_its_own_stream_only()
    {
        await using var app = await ExeuntApp.StartAsync();
        var (client, other) = (await FeedReader.AddClientAsync(app), await FeedReader.AddClientAsync(app, "billing"));
        var person = await app.SignUpAsync("ada@example.com");
        await using var reader = await FeedReader.OpenAsync(app, client, query: "?name=orders&instance=a");
        await using var twin = await FeedReader.OpenAsync(app, client, query: "?name=orders&instance=b");
        await reader.ReadToAsync(FeedEvents.Ack); // the greeting's
        await LogOutAsync(app, person);
        var read = await reader.ReadToAsync(FeedEvents.Ack);
        var id = read.Last(e => e.EventType == FeedEvents.Revocation).EventId!;

        Assert.Equal(id, JsonDocument.Parse(read[^1].Data).RootElement.GetProperty("id").GetString());
        Assert.Equal(404, await AckAsync(app, other, reader.Stream, id));
        Assert.Equal(404, await AckAsync(app, client, "unknown", id));
        Assert.Equal(400, await AckAsync(app, client, reader.Stream, id + "0"));
        Assert.Equal(400, await AckAsync(app, client, reader.Stream, "another:1"));
        Assert.Equal(204, await AckAsync(app, client, reader.Stream, id));
        Assert.Equal(204, await AckAsync(app, client, reader.Stream, id.Split(':')[0] + ":0"));

        var guards = app.Services.GetRequiredService<ConnectedGuards>().All.OrderBy(g => g.Instance).ToList();
        Assert.Equal([("orders", "a"), ("orders", "b")], guards.Select(g => (g.Name, g.Instance)));
        Assert.Equal(id, guards[0].Acknowledged.UpTo?.ToString());
        Assert.Null(guards[1].Acknowledged.UpTo);
    }

    [Fact]
    public async Task A_poller_reads_the_log_in_pages_and_starts_over_in_another_epoch()
    {
        await using var app = await ExeuntApp.StartAsync();
        var client = await FeedReader.AddClientAsync(app);
        var ended = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            var person = await app.SignUpAsync($"p{i}@example.com");
            await LogOutAsync(app, person);
            ended.Add(person.Session.ToString());
        }

        var read = new List<string>();
        JsonElement page;
        var after = "0123456789abcdef:3";
        do
        {
            page = await PollAsync(app, client, $"?limit=2&after={after}");
            read.AddRange(page.GetProperty("revocations").EnumerateArray().Select(r => r.GetProperty("key").GetString()!));
            after = page.GetProperty("next").GetString();
        }
        while (page.GetProperty("more").GetBoolean());

        Assert.Equal(ended, read);
        Assert.Empty((await PollAsync(app, client, $"?after={after}")).GetProperty("revocations").EnumerateArray());
    }

    [Fact]
    public async Task A_stale_guard_may_ask_about_one_token_without_sending_it()
    {
        await using var app = await ExeuntApp.StartAsync();
        var client = await FeedReader.AddClientAsync(app);
        var person = await app.SignUpAsync("ada@example.com");
        var question = new { issuer = ExeuntApp.Issuer, subject = person.User.ToString(), session = person.Session.ToString() };

        var (before, _) = (await AskAsync(question), await LogOutAsync(app, person));
        var after = await AskAsync(question);

        Assert.Equal((false, true), (before.GetProperty("revoked").GetBoolean(), after.GetProperty("revoked").GetBoolean()));
        Assert.Equal(app.Clock.GetUtcNow().ToUnixTimeMilliseconds(), after.GetProperty("as_of").GetInt64());

        async Task<JsonElement> AskAsync(object body) =>
            await (await app.SendAsync(HttpMethod.Post, FeedEvents.CheckPath, body, ("Authorization", FeedReader.Basic(client).ToString()))).JsonAsync(200);
    }

    [Theory]
    [InlineData("Session"), InlineData("User"), InlineData("Everyone")]
    public async Task Every_scope_that_is_ended_is_told_as_the_ledger_holds_it(string scope)
    {
        await using var app = await ExeuntApp.StartAsync();
        var person = await app.SignUpAsync("ada@example.com");
        await using var reader = await FeedReader.OpenAsync(app, await FeedReader.AddClientAsync(app));
        EndScope what = scope switch { "Session" => new EndScope.OneSession(person.Session), "User" => new EndScope.AllOf(person.User, person.Session), _ => new EndScope.Everyone() };
        await app.Services.GetRequiredService<Revoker>().EndAsync(new() { Scope = what, By = Actor.Operator, Reason = EndReason.Admin, From = Origin.Here });

        var told = Read((await reader.ReadToAsync(FeedEvents.Revocation))[^1]);

        Assert.Equal(Assert.Single(await app.Ledger.Reads.RevocationsAfterAsync(0, 10, default)), told);
    }

    internal static async Task<bool> LogOutAsync(ExeuntApp app, SignedIn person)
    {
        using var response = await app.Client(person.AccessToken).DeleteAsync("api/v1/sessions/current");
        return (await response.JsonAsync(200)).GetProperty("ended").GetInt64() == 1;
    }

    private static Revocation Read(SseItem<string> item) =>
        RevocationJson.TryRead(System.Text.Encoding.UTF8.GetBytes(item.Data), out var revocation) ? revocation : throw new FormatException(item.Data);

    private static Heartbeat Beats(SseItem<string> item) =>
        Heartbeat.TryRead(System.Text.Encoding.UTF8.GetBytes(item.Data), out var heartbeat) ? heartbeat : throw new FormatException(item.Data);

    internal static async Task<int> AckAsync(ExeuntApp app, (string, string) client, string stream, string id)
    {
        using var response = await app.SendAsync(HttpMethod.Post, FeedEvents.AckPath, new { stream, id }, ("Authorization", FeedReader.Basic(client).ToString()));
        return (int)response.StatusCode;
    }

    private static async Task<JsonElement> PollAsync(ExeuntApp app, (string, string) client, string query)
    {
        using var response = await app.SendAsync(HttpMethod.Get, "api/v1/revocations" + query, null, ("Authorization", FeedReader.Basic(client).ToString()));
        return await response.JsonAsync(200);
    }
}
