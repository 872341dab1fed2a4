using System.Net;
using System.Runtime.Versioning;
using Exeunt.EndToEnd.Commands;
using Exeunt.EndToEnd.Support;

namespace Exeunt.EndToEnd.Nodes;

/// <summary>Real nodes whose real PostgreSQL crashes, stands still, takes no writes, comes back: everybody can leave, nothing of it is lost, and nothing is written twice.</summary>
[UnsupportedOSPlatform("windows")] // signals of Unix
public class PostgresOutageTests(ITestOutputHelper output)
{
    private const int Nodes = 2;
    private const int LeavingEach = 12;

    // How PostgreSQL says that it has told of endings, that it has written one row, and that it has committed.
    private static readonly byte[] Told = "NOTIFY\0"u8.ToArray();
    private static readonly byte[] Inserted = "INSERT 0 1\0"u8.ToArray();
    private static readonly byte[] Committed = "COMMIT\0"u8.ToArray();

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

    [Theory]
    [InlineData(false)] // the database can be asked what became of the transaction
    [InlineData(true)] // nobody can be asked, and the ending goes to the journal
    public async Task P1_a_logout_whose_commit_was_not_answered_is_recorded_once(bool cuts)
    {
        var server = await PostgresServer.SharedAsync();
        await using var network = new TcpProxy(new($"http://127.0.0.1:{server.Port}/"));
        await using var cluster = await Cluster.StartAsync(server, nodes: 0, OutageSteps.Settings);

        // Who can ask is given the time for it, also on a busy machine.
        var node = await cluster.AddNodeAsync(network.Address.Port, ("Exeunt__Journal__Deadline", cuts ? "00:00:01" : "00:00:30"));
        List<Requests.Session> gone = [];
        for (var round = 0; round < Rounds; round++)
        {
            var leaving = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => node.SignInAsync()));
            var dropped = network.DropAnswerAsync(cuts, Told, Committed);

            var journaled = await Task.WhenAll(leaving.Select(one => node.LeaveAsync(one)));

            await dropped;
            Assert.All(journaled, one => Assert.Equal(cuts, one));
            if (cuts)
            {
                // What was committed went to the journal all the same: nobody could know.
                var committed = await Trail.SessionsAsync(cluster.Data(0), "session_ended", cluster.Environment);
                Assert.NotEmpty(committed.Intersect(leaving.Select(one => one.Id)));
            }

            network.Heal();
            await node.ReadyAsync();
            gone.AddRange(leaving);
        }

        await cluster.AssertGoneAsync(gone);
    }

    [Fact]
    public async Task P1_a_login_whose_commit_was_not_answered_is_answered_by_what_became_of_it()
    {
        var server = await PostgresServer.SharedAsync();
        await using var network = new TcpProxy(new($"http://127.0.0.1:{server.Port}/"));
        await using var cluster = await Cluster.StartAsync(server, nodes: 0, OutageSteps.Settings);
        var node = await cluster.AddNodeAsync(network.Address.Port);
        await node.SignInAsync();
        for (var round = 0; round < Rounds; round++)
        {
            var before = await CountAsync();
            var dropped = network.DropAnswerAsync(cuts: false, Inserted, Committed); // what jobs commit meanwhile writes nothing

            var session = await Requests.SignInAsync(node, Cluster.Admin, Cluster.Password);

            await dropped;
            Assert.Equal(HttpStatusCode.OK, await node.RefreshStatusAsync(session));
            Assert.Equal(before + 1, await CountAsync());
        }

        async Task<int> CountAsync() => (await Trail.SessionsAsync(cluster.Data(0), "signed_in", cluster.Environment)).Count;
    }

    [Fact]
    public async Task P1_a_login_that_is_answered_after_everyone_was_ended_on_another_node_hands_out_no_dead_token()
    {
        var server = await PostgresServer.SharedAsync();
        await using var network = new TcpProxy(new($"http://127.0.0.1:{server.Port}/"));
        await using var cluster = await Cluster.StartAsync(server, nodes: 1, [.. OutageSteps.Settings, ("Exeunt__Journal__Deadline", "00:00:30")]);
        var late = await cluster.AddNodeAsync(network.Address.Port);
        for (var round = 0; round < Rounds; round++)
        {
            var admin = await cluster.Nodes[0].SignInAsync();
            var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var held = network.HoldAnswerAsync(ended.Task, Inserted, Committed);
            var login = Requests.TrySignInAsync(late, Cluster.Admin, Cluster.Password);
            await held.WaitAsync(TimeSpan.FromSeconds(60));

            await Requests.EndAsync(cluster.Nodes[0], admin, new { scope = "everyone" });
            ended.SetResult();

            var session = await login;
            Assert.NotNull(session);
            Assert.All(await cluster.StatusesAsync(session), status => Assert.Equal(HttpStatusCode.OK, status));
        }
    }
}
