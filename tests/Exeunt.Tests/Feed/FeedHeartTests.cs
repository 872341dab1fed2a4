using Exeunt.Feed;
using Exeunt.Jobs;
using Exeunt.Protocol.Revocations;
using Exeunt.Sessions;
using Exeunt.Tests.Guard;
using Exeunt.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Exeunt.Tests.Feed;

/// <summary>The heart beats whatever it meets: one that stood still would cut off every guard, and end the server.</summary>
public sealed class FeedHeartTests
{
    [Fact]
    public async Task P10_a_log_that_holds_what_this_version_cannot_read_stops_neither_the_heartbeats_nor_the_server()
    {
        await using var world = await World.OpenAsync();
        await world.Store.CommitAsync(transaction =>
        {
            transaction.Append(Endings.Point(RevocationScope.Session, "s") with { Scope = (RevocationScope)99 });
            return ValueTask.CompletedTask;
        });
        var feed = new RevocationFeed(world.Store.Clock, new ConnectedGuards(new(), world.Store.Clock));
        using var reader = new NewsReader(world.Store, world.Index, feed, new SessionStreams(new()), NullLogger<NewsReader>.Instance);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await reader.CatchUpAsync(TestContext.Current.CancellationToken));
        using var heart = new FeedHeart(feed, reader, world.Store.Clock, NullLogger<FeedHeart>.Instance);
        await heart.StartAsync(TestContext.Current.CancellationToken);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));

        for (var beat = 0; beat < 3; beat++)
        {
            for (var beaten = feed.NextAsync(); !beaten.IsCompleted; await Task.Yield())
            {
                patience.Token.ThrowIfCancellationRequested();
                world.Clock.Advance(TimeSpan.FromSeconds(5));
            }
        }

        Assert.False(heart.ExecuteTask!.IsCompleted);
        await heart.StopAsync(TestContext.Current.CancellationToken);
    }
}
