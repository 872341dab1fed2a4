using System.Net;
using System.Runtime.Versioning;
using Exeunt.EndToEnd.Commands;
using Exeunt.EndToEnd.Support;

namespace Exeunt.EndToEnd.Nodes;

/// <summary>Real nodes whose real PostgreSQL crashes, stands still, takes no writes, comes back: everybody can leave, and nothing of it is lost.</summary>
[TakesLong(seconds: 120)]
[UnsupportedOSPlatform("windows")] // signals of Unix
public class PostgresOutageTests(ITestOutputHelper output)
{
    private const int Nodes = 2;
    private const int LeavingEach = 12;

    private static int Rounds => Races.Long ? 20 : 3;

    [Theory]
    [InlineData("stopped")]
    [InlineData("paused")]
    [InlineData("restarted")]
    [InlineData("read-only")]
    public async Task P1_P2_a_database_that_goes_away_under_load_refuses_no_logout_and_loses_none(string how)
    {
        var random = Races.Seeded(output);
        await using var server = await PostgresServer.StartAsync();
        await using var cluster = await Cluster.StartAsync(server, Nodes, OutageSteps.Settings);
        var staying = await cluster.Nodes[0].SignInAsync();
        List<Requests.Session> gone = [];
        for (var round = 0; round < Rounds; round++)
        {
            var journaled = 0;
            var leaving = await Task.WhenAll(cluster.Nodes.SelectMany(node => Enumerable.Range(0, LeavingEach).Select(_ => node.SignInAsync())));
            var (before, left, half) = (random.Next(1, LeavingEach), 0, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            var away = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

            // Each node's people leave one after the other: some before, some in the moment when it happens, the last ones surely after.
            var load = cluster.Nodes.Select((node, n) => Task.Run(async () =>
            {
                foreach (var one in leaving.Skip(n * LeavingEach).Take(LeavingEach))
                {
                    if (Interlocked.Increment(ref left) == before) half.SetResult();
                    if (one == leaving[((n + 1) * LeavingEach) - 1]) await away.Task;
                    if (await node.LeaveAsync(one)) Interlocked.Increment(ref journaled);
                }
            })).ToList();
            await half.Task;
            if (how == "paused") await server.PauseAsync();
            else if (how == "read-only") await server.OnlyReadAsync(true);
            else await server.StopAsync();
            if (how == "restarted") await server.StartAgainAsync();
            away.SetResult();
            await Task.WhenAll(load);
            gone.AddRange(leaving);

            if (how == "paused") await server.GoOnAsync();
            if (how == "stopped") await server.StartAgainAsync();
            if (how == "read-only") await server.OnlyReadAsync(false);
            await cluster.ReadyAsync();
            foreach (var one in leaving) await cluster.EverywhereAsync(one, HttpStatusCode.Unauthorized);
            await cluster.EverywhereAsync(staying, HttpStatusCode.OK);
            await cluster.AssertRecordedOnceAsync(gone);
            Assert.True(how == "restarted" || journaled >= Nodes, $"{journaled} endings came by way of the journal.");
        }

        await cluster.AssertGoneAsync(gone);
    }

    [Fact]
    public async Task P2_a_node_that_is_killed_and_started_again_without_its_database_enforces_its_journal_and_takes_logouts()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var cluster = await Cluster.StartAsync(server, Nodes, OutageSteps.Settings);
        var leaving = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => cluster.Nodes[0].SignInAsync()));
        var other = await cluster.Nodes[1].SignInAsync();
        var staying = await cluster.Nodes[1].SignInAsync();
        await cluster.EverywhereAsync(other, HttpStatusCode.OK);
        await server.StopAsync();
        foreach (var one in leaving[..3]) Assert.True(await cluster.Nodes[0].LeaveAsync(one));

        var again = await cluster.KillAndStartAgainAsync(0);

        foreach (var one in leaving[..3]) Assert.Equal(HttpStatusCode.Unauthorized, await Requests.MeAsync(again, one.Access));
        foreach (var one in leaving[3..].Append(other)) Assert.True(await again.LeaveAsync(one)); // also a session of the other node: its keys are known
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await Requests.SignInStatusAsync(again, Cluster.Admin, Cluster.Password));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await Requests.RefreshAsync(again, staying.Refresh)).Status);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(cluster.Data(0), "keys.sealed")))
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            Assert.DoesNotContain("PRIVATE", await File.ReadAllTextAsync(file), StringComparison.Ordinal);
        }

        await cluster.KillAndStartAgainAsync(0); // once more, with what the second run has journaled
        await server.StartAgainAsync();
        await cluster.ReadyAsync();

        await cluster.AssertGoneAsync([.. leaving, other]);
        await cluster.EverywhereAsync(staying, HttpStatusCode.OK);
        await cluster.Nodes[0].SignInAsync();
    }

    [Theory]
    [InlineData(0), InlineData(-3), InlineData(3)]
    public async Task P1_a_logout_all_that_was_journaled_spares_who_signed_in_after_it_on_another_node(int minutesWrong)
    {
        Assert.SkipUnless(minutesWrong == 0 || WrongClock.CanBeHad, "It needs Debian's libfaketime.");
        var server = await PostgresServer.SharedAsync();
        await using var network = new TcpProxy(new($"http://127.0.0.1:{server.Port}/"));
        await using var cluster = await Cluster.StartAsync(server, nodes: 1, OutageSteps.Settings);
        var cutOff = await cluster.AddNodeAsync(network.Address.Port, minutesWrong == 0 ? [] : WrongClock.By(minutesWrong));
        var there = await cluster.Nodes[0].SignInAsync();
        var here = await cutOff.SignInAsync();
        await cluster.EverywhereAsync(there, HttpStatusCode.OK);
        network.Cut();

        Assert.True(await cutOff.LeaveAsync(here, all: true));
        Assert.Equal(HttpStatusCode.Unauthorized, await Requests.MeAsync(cutOff, there.Access));
        var after = await cluster.Nodes[0].SignInAsync(); // for this node nothing has happened yet
        network.Heal();
        await cluster.ReadyAsync();

        await cluster.EverywhereAsync(here, HttpStatusCode.Unauthorized);
        await cluster.EverywhereAsync(there, HttpStatusCode.Unauthorized);
        await cluster.EverywhereAsync(after, HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.OK, await cutOff.RefreshStatusAsync(after));
    }
}
