using Exeunt.Clients;
using Exeunt.Feed;
using Exeunt.Protocol.Feed;
using Exeunt.Protocol.Ids;
using Exeunt.Storage;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Feed;

/// <summary>Who counts as behind, and what other nodes are asked for.</summary>
public sealed class ConnectedGuardsTests
{
    private readonly LedgerClock clock = new(new TestClock());
    private readonly ConnectedGuards guards;

    public ConnectedGuardsTests() => guards = new(new(), clock);

    [Fact]
    public void P3_a_guard_that_came_in_the_last_moment_is_not_lagging_and_an_older_answer_takes_nothing_back()
    {
        var client = new RegisteredClient(Id.New<AppId>(clock.GetUtcNow()), "orders", [ClientScopes.Feed], [], clock.GetUtcNow());
        var guard = guards.TryEnter(client, "orders", "a")!;
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
}
