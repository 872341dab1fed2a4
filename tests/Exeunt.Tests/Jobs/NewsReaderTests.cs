using System.Reflection;
using Exeunt.Feed;
using Exeunt.Jobs;
using Exeunt.Protocol.Feed;
using Exeunt.Protocol.Revocations;
using Exeunt.Sessions;
using Exeunt.Storage;
using Exeunt.Tests.Guard;
using Exeunt.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Exeunt.Tests.Jobs;

/// <summary>The log is read on whatever becomes of the ways to hear of it.</summary>
public sealed class NewsReaderTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task P3_an_ending_of_this_node_is_passed_on_at_once_while_nobody_else_can_be_listened_to()
    {
        await using var world = await World.OpenAsync();
        var feed = new RevocationFeed(world.Store.Clock, new ConnectedGuards(new(), world.Store.Clock));
        using var reader = new NewsReader(Deaf.To(world.Store), world.Index, feed, new SessionStreams(new()), NullLogger<NewsReader>.Instance);
        await reader.StartAsync(TestContext.Current.CancellationToken);

        for (var i = 0; i < 3; i++) // time stands still: whoever pauses first never comes to it
        {
            var place = await AppendAsync(world, $"own-{i}");
            reader.Ring();
            await feed.ComeToAsync(place, TestContext.Current.CancellationToken).WaitAsync(Patience);
        }

        await reader.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task P3_what_others_end_is_read_all_the_same_while_they_cannot_be_listened_to()
    {
        await using var world = await World.OpenAsync();
        var feed = new RevocationFeed(world.Store.Clock, new ConnectedGuards(new(), world.Store.Clock));
        var deaf = Deaf.To(world.Store);
        using var reader = new NewsReader(deaf, world.Index, feed, new SessionStreams(new()), NullLogger<NewsReader>.Instance);
        await reader.StartAsync(TestContext.Current.CancellationToken);

        for (var i = 0; i < 3; i++)
        {
            var asked = ((Deaf)deaf).Asked;
            var read = feed.ComeToAsync(await AppendAsync(world, $"others-{i}"), TestContext.Current.CancellationToken);
            using var patience = new CancellationTokenSource(Patience);
            for (; !read.IsCompleted || ((Deaf)deaf).Asked == asked; await Task.Yield())
            {
                patience.Token.ThrowIfCancellationRequested();
                world.Clock.Advance(TimeSpan.FromMilliseconds(10)); // small steps, so that the pause has begun by the time that it is over
            }
        }

        await reader.StopAsync(TestContext.Current.CancellationToken);
    }

    private static async Task<FeedPlace> AppendAsync(World world, string session)
    {
        Revocation? placed = null;
        await world.Store.CommitAsync(transaction =>
        {
            placed = transaction.Append(Endings.Point(RevocationScope.Session, session));
            return ValueTask.CompletedTask;
        });
        return new(placed!.Epoch, placed.Sequence);
    }

    /// <summary>A store that reads and writes, and cannot wait for news.</summary>
    public class Deaf : DispatchProxy
    {
        private ILedgerStore store = null!;
        private int asked;

        /// <summary>How often somebody wanted to wait.</summary>
        public int Asked => Volatile.Read(ref asked);

        /// <summary>Puts it before a store.</summary>
        public static ILedgerStore To(ILedgerStore store)
        {
            var deaf = Create<ILedgerStore, Deaf>();
            ((Deaf)deaf).store = store;
            return deaf;
        }

        /// <inheritdoc/>
        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            if (targetMethod!.Name != nameof(ILedgerStore.WaitForNewsAsync)) return targetMethod.Invoke(store, BindingFlags.DoNotWrapExceptions, null, args, null);
            Interlocked.Increment(ref asked);
            return new ValueTask(Task.FromException(new LedgerUnavailableException("Nobody listens.")));
        }
    }
}
