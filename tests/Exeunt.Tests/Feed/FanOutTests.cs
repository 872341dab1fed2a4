using System.Diagnostics;
using Exeunt.Feed;
using Exeunt.Protocol.Feed;
using Exeunt.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Exeunt.Tests.Feed;

/// <summary>Many readers at once.</summary>
public sealed class FanOutTests(ITestOutputHelper output)
{
    private const int Readers = 200;
    private const int Endings = 30;

    [Fact]
    public async Task P3_Every_one_of_many_readers_is_told_every_ending_once_and_in_order()
    {
        await using var app = await ExeuntApp.StartAsync();
        var client = await FeedReader.AddClientAsync(app);
        await app.AddAccountAsync("ada@example.com");
        var sessions = new List<SignedIn>();
        for (var i = 0; i < Endings; i++) sessions.Add(await app.SignInAsync("ada@example.com"));
        var readers = await Task.WhenAll(Enumerable.Range(0, Readers).Select(_ => FeedReader.OpenAsync(app, client)));
        Assert.Equal(Readers, app.Services.GetRequiredService<ConnectedGuards>().All.Count);

        var reading = readers.Select(ReadAsync).ToArray();
        await Task.WhenAll(sessions.Select(session => FeedTests.LogOutAsync(app, session)));
        var told = await Task.WhenAll(reading);

        Assert.All(told, ids => Assert.Equal(told[0], ids));
        Assert.Equal(Endings, told[0].Distinct().Count());
        foreach (var reader in readers) await reader.DisposeAsync();
    }

    [Fact]
    public async Task P3_Readers_are_told_soon_and_how_soon_is_printed()
    {
        var count = Races.Long ? 1_000 : 50;
        await using var app = await ExeuntApp.StartAsync();
        var client = await FeedReader.AddClientAsync(app);
        await app.AddAccountAsync("ada@example.com");
        var sessions = new List<SignedIn>();
        for (var i = 0; i < Endings; i++) sessions.Add(await app.SignInAsync("ada@example.com"));
        var readers = await Task.WhenAll(Enumerable.Range(0, count).Select(_ => FeedReader.OpenAsync(app, client)));
        await Task.WhenAll(readers.Select(reader => reader.ReadToAsync(FeedEvents.Heartbeat)));

        var took = new List<double>();
        foreach (var session in sessions)
        {
            var reading = readers.Select(async reader =>
            {
                await reader.ReadToAsync(FeedEvents.Revocation);
                return Stopwatch.GetTimestamp();
            }).ToArray();
            var asked = Stopwatch.GetTimestamp(); // before the request: the commit is within
            await FeedTests.LogOutAsync(app, session);
            took.AddRange((await Task.WhenAll(reading)).Select(at => Stopwatch.GetElapsedTime(asked, at).TotalMilliseconds));
        }

        took.Sort();
        output.WriteLine($"{count} readers, request to event: p50 {took[took.Count / 2]:0.0} ms, p99 {took[took.Count * 99 / 100]:0.0} ms, most {took[^1]:0.0} ms");
        Assert.Equal(count * Endings, took.Count);
        foreach (var reader in readers) await reader.DisposeAsync();
    }

    private static async Task<List<string>> ReadAsync(FeedReader reader)
    {
        var ids = new List<string>();
        while (ids.Count < Endings) ids.Add((await reader.ReadToAsync(FeedEvents.Revocation))[^1].EventId!);
        return ids;
    }
}
