using System.Text.Json;
using Exeunt.Accounts;
using Exeunt.Feed;
using Exeunt.Protocol.Feed;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Feed;

/// <summary>What administrators are told of how fast guards are.</summary>
public class PropagationTests
{
    private static readonly DateTimeOffset Noon = new(2027, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task P4_How_long_guards_take_is_counted_from_the_decision_to_each_ones_word()
    {
        await using var app = await ExeuntApp.StartAsync();
        var root = await app.SignUpAsync("root@example.com", roles: User.AdminRole);
        var client = await FeedReader.AddClientAsync(app);
        await using var fast = await FeedReader.OpenAsync(app, client, query: "?name=fast");
        await using var slow = await FeedReader.OpenAsync(app, client, query: "?name=slow");
        foreach (var reader in new[] { fast, slow }) await reader.ReadToAsync(FeedEvents.Ack); // the greeting's
        Assert.False((await GetAsync(app, root, "overview")).TryGetProperty("propagation", out _));

        Assert.True(await FeedTests.LogOutAsync(app, await app.SignUpAsync("ada@example.com")));
        app.Clock.Advance(TimeSpan.FromMilliseconds(30));
        await AcknowledgeAsync(app, client, fast);
        app.Clock.Advance(TimeSpan.FromMilliseconds(70));
        await AcknowledgeAsync(app, client, slow);

        // One that comes when all is over was never asked for that ending.
        await using var late = await FeedReader.OpenAsync(app, client, query: "?name=late");
        Assert.Equal(204, await FeedTests.AckAsync(app, client, late.Stream, IdOf((await late.ReadToAsync(FeedEvents.Ack))[^1].Data)));

        Assert.Equal((30, 100, 2), Read((await GetAsync(app, root, "overview")).GetProperty("propagation")));
        var guards = (await GetAsync(app, root, "guards")).GetProperty("guards").EnumerateArray().ToDictionary(guard => guard.GetProperty("name").GetString()!);
        Assert.Equal((30, 30, 1), Read(guards["fast"].GetProperty("propagation")));
        Assert.Equal((100, 100, 1), Read(guards["slow"].GetProperty("propagation")));
        Assert.False(guards["late"].TryGetProperty("propagation", out _));
    }

    [Fact]
    public void The_percentiles_are_values_that_were_seen()
    {
        var hundred = Enumerable.Range(1, 100).Select(i => TimeSpan.FromMilliseconds(i));

        Assert.Equal(new Propagation(50, 99, 100), Propagation.Of(hundred));
        Assert.Equal(new Propagation(7, 7, 1), Propagation.Of([TimeSpan.FromMilliseconds(7)]));
        Assert.Equal(new Propagation(0, 0, 1), Propagation.Of([TimeSpan.FromMilliseconds(-3)])); // two clocks that are not quite together
        Assert.Null(Propagation.Of([]));
    }

    [Fact]
    public void An_acknowledgement_is_held_against_the_oldest_ending_that_it_covers_and_its_guard_was_there_for()
    {
        var asked = new AskedEndings();
        for (var i = 1; i <= 4; i++) asked.Add("e", i, Noon.AddSeconds(i));

        Assert.Equal(Noon.AddSeconds(2), asked.OldestBetween("e", 1, 4, Noon));
        Assert.Equal(Noon.AddSeconds(3), asked.OldestBetween("e", 0, 4, Noon.AddSeconds(3)));
        Assert.Null(asked.OldestBetween("e", 4, 4, Noon));
        Assert.Null(asked.OldestBetween("another", 0, 4, Noon));

        for (var i = 5; i <= 400; i++) asked.Add("e", i, Noon.AddSeconds(i));
        Assert.Equal(Noon.AddSeconds(145), asked.OldestBetween("e", 0, 400, Noon)); // of the newest 256
    }

    private static async Task AcknowledgeAsync(ExeuntApp app, (string, string) client, FeedReader reader) =>
        Assert.Equal(204, await FeedTests.AckAsync(app, client, reader.Stream, IdOf((await reader.ReadToAsync(FeedEvents.Ack))[^1].Data)));

    private static string IdOf(string ack) => JsonSerializer.Deserialize<JsonElement>(ack).GetProperty("id").GetString()!;

    private static (double P50, double P99, int Acknowledgements) Read(JsonElement propagation) =>
        (propagation.GetProperty("p50_ms").GetDouble(), propagation.GetProperty("p99_ms").GetDouble(), propagation.GetProperty("acknowledgements").GetInt32());

    private static async Task<JsonElement> GetAsync(ExeuntApp app, SignedIn root, string path)
    {
        using var answer = await app.Client(root.AccessToken).GetAsync($"api/v1/admin/{path}", TestContext.Current.CancellationToken);
        return await answer.JsonAsync(200);
    }
}
