using Exeunt.Clients;
using Exeunt.Feed;
using Exeunt.Protocol.Feed;
using Exeunt.Protocol.Ids;
using Exeunt.Receipts;
using Exeunt.Storage;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Receipts;

/// <summary>Answers that wait for guards, in every order in which words and answers can come.</summary>
public sealed class AcknowledgementQueueTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly LedgerClock clock = new(new TestClock());
    private readonly ConnectedGuards guards;
    private readonly RegisteredClient client;

    public AcknowledgementQueueTests()
    {
        guards = new(new(), clock);
        client = new(Id.New<AppId>(clock.GetUtcNow()), "orders", [ClientScopes.Feed], [], clock.GetUtcNow());
    }

    [Fact]
    public async Task P3_no_word_of_a_guard_is_missed_in_whatever_moment_it_comes()
    {
        var queue = new AcknowledgementQueue(guards, TimeSpan.FromSeconds(10), new TestClock()); // which stands: nothing runs out
        ConnectedGuard[] awaited = [Enter("a"), Enter("b")];
        var silent = Enter("silent");
        var behind = queue.WaitAsync([silent], At(1)); // so that the queue is never empty, and looks again only when somebody says something
        using var start = new Barrier(4);
        var last = Races.Long ? 500_000 : 50_000;
        await Task.WhenAll(Threads()).WaitAsync(Patience);

        // Each guard says a thing once, while the answers come to wait for it: one that missed it would wait for ever.
        IEnumerable<Task> Threads()
        {
            foreach (var guard in awaited) yield return InRoundsAsync(place => Assert.True(guards.Acknowledge(client.Id, guard.Stream, place)));
            for (var i = 0; i < 2; i++) yield return InRoundsAsync(place => queue.WaitAsync(awaited, place).Wait());
        }

        Task InRoundsAsync(Action<FeedPlace> act) => Task.Factory.StartNew(
            () =>
            {
                for (var round = 1; round <= last; round++)
                {
                    start.SignalAndWait(Patience);
                    act(At(round));
                }
            },
            TaskCreationOptions.LongRunning);

        Assert.DoesNotContain(awaited, guard => guard.IsLagging);
        Assert.False(behind.IsCompleted);
    }

    [Fact]
    public async Task P3_each_answer_waits_for_its_own_place_and_its_own_guards()
    {
        var queue = new AcknowledgementQueue(guards, TimeSpan.FromSeconds(10), new TestClock());
        var (fast, slow) = (Enter("fast"), Enter("slow"));
        var (both, first, second) = (queue.WaitAsync([fast, slow], At(1)), queue.WaitAsync([fast], At(1)), queue.WaitAsync([fast], At(2)));

        guards.Acknowledge(client.Id, fast.Stream, At(1));
        await first.WaitAsync(Patience);
        Assert.False(both.IsCompleted || second.IsCompleted);

        guards.Acknowledge(client.Id, fast.Stream, At(2));
        await second.WaitAsync(Patience);
        Assert.False(both.IsCompleted);

        guards.Leave(slow);
        await both.WaitAsync(Patience);

        Assert.True(queue.WaitAsync([fast, slow], At(2)).IsCompletedSuccessfully); // nobody is left to wait for
    }

    [Fact]
    public async Task P3_answers_run_out_in_their_turn_and_only_who_is_behind_is_lagging()
    {
        var time = new TestClock();
        var queue = new AcknowledgementQueue(guards, TimeSpan.FromHours(1), time);
        var (there, behind) = (Enter("there"), Enter("behind"));
        var early = queue.WaitAsync([there, behind], At(1));
        time.Advance(TimeSpan.FromMinutes(30));
        var late = queue.WaitAsync([there, behind], At(2));
        guards.Acknowledge(client.Id, there.Stream, At(2));

        await RunsOutAsync(early, TimeSpan.FromMinutes(30));
        Assert.False(late.IsCompleted);
        Assert.True(behind.IsLagging);
        Assert.False(there.IsLagging);

        await RunsOutAsync(late, TimeSpan.FromMinutes(29));

        async Task RunsOutAsync(Task answer, TimeSpan notBefore)
        {
            time.Advance(notBefore - TimeSpan.FromMilliseconds(1));
            Assert.False(answer.IsCompleted);

            // A little at a time: the queue may be about to set its timer.
            using var patience = new CancellationTokenSource(Patience);
            for (; !answer.IsCompleted; await Task.Yield())
            {
                patience.Token.ThrowIfCancellationRequested();
                time.Advance(TimeSpan.FromMilliseconds(1));
            }
        }
    }

    [Fact]
    public void A_guard_that_came_in_the_last_moment_is_not_lagging_and_an_older_answer_takes_nothing_back()
    {
        var guard = Enter("a");
        guards.Acknowledge(client.Id, guard.Stream, At(5));

        guard.GiveUpAt(At(5));
        Assert.False(guard.IsLagging);

        guard.GiveUpAt(At(6));
        guard.GiveUpAt(At(5));
        Assert.True(guard.IsLagging);

        guards.Acknowledge(client.Id, guard.Stream, At(6));
        Assert.False(guard.IsLagging);
    }

    [Fact]
    public void P4_of_two_receipts_that_are_waited_for_other_nodes_are_asked_for_the_later_place()
    {
        guards.Want(At(101));
        guards.Want(At(100));
        Assert.Equal(At(101).ToString(), guards.Say().Wanted);

        guards.Want(new("another", 7));
        Assert.Equal("another:7", guards.Say().Wanted);
    }

    private static FeedPlace At(long sequence) => new("epoch", sequence);

    private ConnectedGuard Enter(string instance) => guards.TryEnter(client, "orders", instance)!;
}
