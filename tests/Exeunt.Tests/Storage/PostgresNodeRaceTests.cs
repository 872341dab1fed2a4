using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Storage;

/// <summary>
/// The races of one node (Concurrency/), run over three nodes whose own clocks are minutes apart: a session's turns and endings may meet anywhere.
/// </summary>
public sealed class PostgresNodeRaceTests(ITestOutputHelper output) : PostgresFixture
{
    [Fact]
    public async Task RT_7_fifty_parallel_refreshes_over_three_nodes_give_one_successor()
    {
        var nodes = await ThreeNodesAsync();
        var session = await nodes[0].OpenAsync(await nodes[0].AddUserAsync());

        var answers = await Races.AtOnceAsync(Enumerable.Range(0, 50).Select<int, Func<Task<RefreshOutcome>>>(i => () => nodes[i % 3].RefreshAsync(session, 0)));

        Assert.All(answers, answer => Assert.Equal(1u, GenerationOf(answer)));
        Assert.Equal(1u, (await nodes[1].Store.FindSessionAsync(session.Id, Ct))!.Session.Generations.Current);
        Assert.Equal(1u, GenerationOf(await nodes[2].RefreshAsync(session, 1)));
    }

    [Fact]
    public async Task P1_a_refresh_in_flight_on_one_node_never_revives_a_session_that_another_node_ends()
    {
        var random = Races.Seeded(output);
        var nodes = await ThreeNodesAsync();
        var user = await nodes[0].AddUserAsync();
        for (var round = 0; round < (Races.Long ? 200 : 25); round++)
        {
            var session = await random.Pick(nodes).OpenAsync(user);
            EndScope ends = random.Chance(0.5) ? new EndScope.OneSession(session.Id) : new EndScope.AllOf(user.Id);
            var runners = Enumerable.Range(0, 12).Select<int, Func<Task<RefreshOutcome?>>>(i => () => RefreshAsync(nodes[i % 3]))
                .Append(async () =>
                {
                    await random.Pick(nodes).EndAsync(ends);
                    return null;
                }).ToArray();
            random.Shuffle(runners);

            var answers = await Races.AtOnceAsync(runners);

            Assert.All(answers.OfType<RefreshOutcome>(), answer => Assert.False(answer is RefreshOutcome.Theft, $"round {round}: taken for a thief"));
            foreach (var node in nodes)
            {
                Assert.False(await node.IsAliveAsync(session), $"round {round}: it has come back");
                for (uint generation = 0; generation < 3; generation++) Assert.IsType<RefreshOutcome.Refused>(await node.RefreshAsync(session, generation));
            }

            async Task<RefreshOutcome?> RefreshAsync(Node node) => await node.RefreshAsync(session, 0);
        }
    }

    [Fact]
    public async Task P1_all_but_this_and_all_by_two_devices_on_two_nodes_leave_nobody_alive_who_should_not_be()
    {
        var random = Races.Seeded(output);
        var nodes = await ThreeNodesAsync();
        var user = await nodes[0].AddUserAsync();
        for (var round = 0; round < (Races.Long ? 200 : 25); round++)
        {
            var (sparing, all, third) = (await nodes[0].OpenAsync(user), await nodes[1].OpenAsync(user), await nodes[2].OpenAsync(user));
            random.Shuffle(nodes);

            var outcomes = await Races.AtOnceAsync<EndOutcome>(
                [() => EndAsync(nodes[0], user, sparing, new EndScope.AllOf(user.Id, sparing.Id)), () => EndAsync(nodes[1], user, all, new EndScope.AllOf(user.Id))]);

            // Whichever came first ended the other's session, and a session that has ended ends nothing.
            var spared = await nodes[2].IsAliveAsync(sparing);
            Assert.True(
                (outcomes[0], outcomes[1], spared) is (EndOutcome.Ended, EndOutcome.NotAllowed, true) or (EndOutcome.NotAllowed, EndOutcome.Ended, false),
                $"round {round}: {outcomes[0]}, {outcomes[1]}, spared device alive: {spared}");
            Assert.False(await nodes[2].IsAliveAsync(all), "both endings cover the second device");
            Assert.False(await nodes[2].IsAliveAsync(third), "both endings cover the third device");
        }
    }

    [Fact]
    public async Task RT_8_lost_answers_and_a_copy_are_told_apart_although_each_turn_is_on_another_node()
    {
        var nodes = await ThreeNodesAsync();
        var window = TimeSpan.FromMilliseconds(300);
        foreach (var node in nodes) node.Options.Sessions.RotationWindow = window;
        var session = await nodes[0].OpenAsync(await nodes[0].AddUserAsync());

        Assert.Equal(1u, GenerationOf(await nodes[0].RefreshAsync(session, 0))); // lost
        await PassAsync(nodes, window);
        Assert.Equal(2u, GenerationOf(await nodes[1].RefreshAsync(session, 0))); // lost as well, and what was between is void
        await PassAsync(nodes, window);
        Assert.Equal(3u, GenerationOf(await nodes[2].RefreshAsync(session, 0)));
        await PassAsync(nodes, window);
        Assert.Equal(4u, GenerationOf(await nodes[0].RefreshAsync(session, 3)));

        Assert.IsType<RefreshOutcome.Theft>(await nodes[1].RefreshAsync(session, 1));

        foreach (var node in nodes) Assert.IsType<RefreshOutcome.Refused>(await node.RefreshAsync(session, 4));
        Assert.Equal(EndReason.TokenTheft, (await nodes[2].Store.FindSessionAsync(session.Id, Ct))!.End?.Reason);
    }

    private async Task<Node[]> ThreeNodesAsync() =>
        [await StartNodeAsync("a"), await StartNodeAsync("b", TimeSpan.FromMinutes(-3)), await StartNodeAsync("c", TimeSpan.FromMinutes(5))];

    private static Task<EndOutcome> EndAsync(Node node, User user, Session by, EndScope scope) => node.Revoker.EndAsync(new()
    {
        Scope = scope,
        By = new(ActorKind.User, user.Id, by.Id),
        Reason = EndReason.LogoutAll,
        From = Origin.Here,
    });

    private static uint GenerationOf(RefreshOutcome outcome) => Assert.IsType<RefreshOutcome.Refreshed>(outcome).Live.Generation;

    // Ledger time is real time here: that it passes is the event that is waited for, on the node that is the last.
    private static async Task PassAsync(Node[] nodes, TimeSpan time)
    {
        var end = nodes.Max(node => node.Store.Clock.GetUtcNow()) + time;
        while (nodes.Min(node => node.Store.Clock.GetUtcNow()) <= end) await Task.Delay(time / 10, Ct);
    }
}
