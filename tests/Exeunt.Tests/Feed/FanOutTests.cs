using Exeunt.Feed;
using Exeunt.Protocol.Feed;
using Exeunt.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Exeunt.Tests.Feed;

/// <summary>Many readers at once.</summary>
public sealed class FanOutTests
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

    private static async Task<List<string>> ReadAsync(FeedReader reader)
    {
        var ids = new List<string>();
        while (ids.Count < Endings) ids.Add((await reader.ReadToAsync(FeedEvents.Revocation))[^1].EventId!);
        return ids;
    }
}
