using System.Collections;
using Exeunt.Audit;
using Exeunt.Feed;
using Exeunt.Hosting;
using Exeunt.Jobs;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Exeunt.Storage;
using Exeunt.Tests.Support;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Exeunt.Tests.Storage;

/// <summary>What is on disk is recorded, whatever fails afterwards.</summary>
public sealed class RecordedOperationTests
{
    [Fact]
    public async Task P2_a_recorded_ending_that_the_node_cannot_take_in_is_neither_run_again_nor_answered_as_a_failure()
    {
        await using var world = await World.OpenAsync();
        var session = await world.SignInAsync(await world.AddUserAsync());
        using var log = new LogLines();
        using var loggers = LoggerFactory.Create(builder => builder.AddProvider(log));
        var told = 0;
        var runs = 0;
        await using var ledger = new Ledger(world.Store, _ => Fail(++told), loggers.CreateLogger<Ledger>());

        var outcome = await ledger.RunAsync(transaction =>
        {
            runs++;
            return new Revoker(ledger, world.Rules).EndAsync(
                transaction, new() { Scope = new EndScope.OneSession(session.Id), By = Actor.Operator, Reason = EndReason.Admin, From = Origin.Here });
        });
        await ledger.RunAsync(_ => new ValueTask<bool>(true)); // the writer lives, and whatever was left of the first has run by now

        Assert.IsType<EndOutcome.Ended>(outcome);
        Assert.Equal((1, 1), (runs, told));
        Assert.Single(await world.TrailAsync(new(Action: AuditActions.SessionEnded)));
        Assert.Contains(log.All, line => line.Contains("could not take them in", StringComparison.Ordinal));
    }

    [Fact]
    public async Task P2_an_index_that_fails_once_is_healed_from_the_log_without_a_restart()
    {
        await using var world = await World.OpenAsync();
        var session = await world.SignInAsync(await world.AddUserAsync());
        var feed = new RevocationFeed(world.Store.Clock, new ConnectedGuards(new(), world.Store.Clock));
        using var reader = new NewsReader(world.Store, world.Index, feed, new SessionStreams(new()), NullLogger<NewsReader>.Instance);
        using var log = new LogLines();
        using var loggers = LoggerFactory.Create(builder => builder.AddProvider(log));
        await reader.StartAsync(TestContext.Current.CancellationToken);
        await using var ledger = new Ledger(
            world.Store, revocations => ExeuntServices.Committed(new BrokenOnce(revocations), world.Index, memory: null, reader), loggers.CreateLogger<Ledger>());

        var outcome = await new Revoker(ledger, world.Rules).EndAsync(
            new() { Scope = new EndScope.OneSession(session.Id), By = Actor.Operator, Reason = EndReason.Admin, From = Origin.Here });

        Assert.IsType<EndOutcome.Ended>(outcome);
        Assert.Contains(log.All, line => line.Contains("could not take them in", StringComparison.Ordinal));
        await feed.ComeToAsync(new(world.Store.Epoch, 1), TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(30)); // the clock stands: no timer wakes the reader
        Assert.Equal(1, feed.Newest.Sequence);
        Assert.True(world.Index.IsRevoked(session.Facts));
        await reader.StopAsync(TestContext.Current.CancellationToken);
    }

    private static void Fail(int times) => throw new InvalidOperationException($"The index is broken ({times}).");

    // Stands for whatever goes wrong in the index.
    private sealed class BrokenOnce(IReadOnlyList<Revocation> revocations) : IReadOnlyList<Revocation>
    {
        public int Count => revocations.Count;

        public Revocation this[int index] => revocations[index];

        public IEnumerator<Revocation> GetEnumerator() => throw new InvalidOperationException("The index is broken.");

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
