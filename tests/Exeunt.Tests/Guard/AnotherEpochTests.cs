using Exeunt.Feed;
using Exeunt.Guard;
using Exeunt.Guard.Feed;
using Exeunt.Tests.Feed;
using Exeunt.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Exeunt.Tests.Guard;

/// <summary>The database is put back from an older copy while a guard goes on: what the guard knew, it keeps, and what is ended since, it hears.</summary>
public sealed class AnotherEpochTests
{
    [Theory]
    [InlineData(true)] // the node remembers what the copy has lost, and begins another epoch with it
    [InlineData(false)] // nobody but the guard remembers it, and its word begins another epoch
    public async Task P10_a_guard_of_another_epoch_is_given_the_snapshot_and_merges_it_losing_nothing(bool nodeRemembers)
    {
        using var folder = new TemporaryFolder();
        var (data, copy, clock) = (Path.Combine(folder.Path, "data"), Path.Combine(folder.Path, "copy.db"), new TestClock());
        (string Id, string Secret) client;
        SignedIn first, lost, later, staying;
        await using (var server = await StartAsync())
        {
            client = await FeedReader.AddClientAsync(server);
            (first, lost) = (await server.SignUpAsync("first@example.com"), await server.SignUpAsync("lost@example.com"));
            (later, staying) = (await server.SignUpAsync("later@example.com"), await server.SignUpAsync("staying@example.com"));
            await FeedTests.LogOutAsync(server, first);
        }

        File.Copy(Path.Combine(data, "exeunt.db"), copy);
        var before = await StartAsync();
        await using var network = new TcpProxy(before.Address);
        await using var api = await GuardApp.StartAsync(client, clock, o => o.Servers.Add(network.Address));
        await api.SyncedAsync();
        await FeedTests.LogOutAsync(before, lost);
        foreach (var ended in new[] { first, lost }) await api.RefusedAsync(ended.AccessToken);
        Assert.Equal(200, await api.StatusAsync(staying.AccessToken)); // the keys are there, too
        var follower = api.Services.GetRequiredService<FeedFollower>();
        var place = follower.Place!;
        await before.DisposeAsync();

        foreach (var file in Directory.GetFiles(data, "exeunt.db*")) File.Delete(file);
        File.Copy(copy, Path.Combine(data, "exeunt.db"));
        if (!nodeRemembers) File.Delete(Path.Combine(data, "node.memory"));
        await using var restored = await StartAsync();
        await using var elsewhere = new TcpProxy(restored.Address);
        api.Services.GetRequiredService<GuardOptions>().Servers[0] = elsewhere.Address;
        await api.UntilAsync(() => follower.Place is { } now && now.Epoch != place.Epoch); // it was given the snapshot
        await FeedTests.LogOutAsync(restored, later);
        await api.RefusedAsync(later.AccessToken);

        Assert.NotEqual(place.Epoch, restored.Services.GetRequiredService<RevocationFeed>().Newest.Epoch);
        Assert.Single(restored.Log.All, line => line.Contains("WAS PUT BACK FROM AN OLDER COPY", StringComparison.Ordinal));
        foreach (var ended in new[] { first, lost, later }) Assert.Equal(401, await api.StatusAsync(ended.AccessToken));
        Assert.Equal(200, await api.StatusAsync(staying.AccessToken));
        Assert.Equal(3, api.Index.Count);

        Task<ExeuntApp> StartAsync() => ExeuntApp.StartAsync(new ExeuntSetup { DataFolder = data, Clock = clock });
    }
}
