using Exeunt.Clients;
using Exeunt.Feed;
using Exeunt.Protocol.Feed;
using Exeunt.Protocol.Ids;
using Exeunt.Storage;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Feed;

/// <summary>The registry of guards of several nodes, without a database between them: each hears what the others have said.</summary>
public sealed class SharedGuardsTests
{
    private static readonly FeedPlace Place = new("e", 7);

    private readonly TestClock clock = new();
    private readonly RegisteredClient orders;
    private readonly RegisteredClient billing;
    private readonly ConnectedGuards one;
    private readonly ConnectedGuards other;

    public SharedGuardsTests()
    {
        (orders, billing) = (Client("orders"), Client("billing"));
        (one, other) = (new(new(), new LedgerClock(clock)), new(new(), new LedgerClock(clock)));
    }

    [Fact]
    public void P4_a_guard_of_another_node_counts_with_what_it_has_acknowledged_there()
    {
        var there = other.TryEnter(orders, "orders", "a")!;
        Exchange();
        var seen = Assert.Single(one.All);
        Assert.Equal(("orders", "a", false, true), (seen.Name, seen.Instance, seen.HasAcknowledged(Place), one.IsConnected(seen)));

        var next = one.NextAsync();
        other.Acknowledge(orders.Id, there.Stream, Place);
        Exchange();

        Assert.True(next.IsCompleted); // whoever waits looks again
        Assert.True(seen.HasAcknowledged(Place));
        other.Acknowledge(orders.Id, there.Stream, Place with { Sequence = 3 });
        Exchange();
        Assert.True(seen.HasAcknowledged(Place));
    }

    [Fact]
    public void P4_a_guard_that_another_node_has_lost_is_lost_until_it_is_back_on_any()
    {
        other.Leave(other.TryEnter(orders, "orders", "a")!);
        Exchange();
        Assert.Equal("a", Assert.Single(one.Lost).Instance);

        var back = one.TryEnter(orders, "orders", "a")!;
        Exchange();
        Assert.Empty(one.Lost);
        Assert.Empty(other.Lost);

        clock.Advance(TimeSpan.FromSeconds(1));
        one.Leave(back);
        Exchange();
        Assert.Equal(clock.GetUtcNow(), Assert.Single(other.Lost).Since); // since then, and not since it changed nodes
    }

    [Fact]
    public void P4_the_guards_of_a_node_that_has_fallen_silent_are_lost_with_it()
    {
        other.TryEnter(orders, "orders", "a");
        var last = Word(other);
        clock.Advance(GuardsElsewhere.Silence);
        one.Hear([last]);
        Assert.Empty(one.Lost);

        clock.Advance(TimeSpan.FromSeconds(1));
        one.Hear([last]);

        Assert.Empty(one.All);
        Assert.Equal(last.Said.At, Assert.Single(one.Lost).Since);
        clock.Advance(TimeSpan.FromDays(2)); // no token of then is alive any more
        one.Hear([last]);
        Assert.Empty(one.Lost);
    }

    [Fact]
    public void P4_no_client_can_push_the_lost_guards_of_another_out_of_the_receipts()
    {
        one.Leave(one.TryEnter(orders, "orders", "a")!);
        for (var i = 0; i < 1500; i++)
        {
            clock.Advance(TimeSpan.FromMilliseconds(1));
            one.Leave(one.TryEnter(billing, "billing", $"{i}")!);
        }

        Assert.Contains(one.Lost, guard => guard.Name == "orders");
        Assert.InRange(one.Lost.Count, 900, 1000);
    }

    [Theory]
    [InlineData(""), InlineData("null"), InlineData("{}"), InlineData("[]"), InlineData("{\"following\":[{\"client\":\"x\"}],\"lost\":[]}"), InlineData("{\"following\":null,\"lost\":null}")]
    public void A_word_that_cannot_be_understood_is_none(string word) => Assert.Null(GuardWord.Read(word));

    private void Exchange()
    {
        var (said, heard) = (Word(one), Word(other));
        one.Hear([heard]);
        other.Hear([said]);
    }

    private (NodeWord Said, GuardWord Word) Word(ConnectedGuards guards)
    {
        var text = guards.Say().Write();
        return (new("node", clock.GetUtcNow(), text), GuardWord.Read(text)!);
    }

    private RegisteredClient Client(string name) => new(Id.New<AppId>(clock.GetUtcNow()), name, [ClientScopes.Feed], [], clock.GetUtcNow());
}
