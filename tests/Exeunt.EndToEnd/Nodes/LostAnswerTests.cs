using System.Net;
using Exeunt.EndToEnd.Commands;
using Exeunt.EndToEnd.Support;

namespace Exeunt.EndToEnd.Nodes;

/// <summary>Between real nodes and their PostgreSQL an answer gets lost, or comes late: what was committed is neither lost nor written twice, and everybody is told what became of it.</summary>
[TakesLong(seconds: 40)]
public class LostAnswerTests
{
    // How PostgreSQL says that it has told of endings, that it has written one row, and that it has committed.
    private static readonly byte[] Told = "NOTIFY\0"u8.ToArray();
    private static readonly byte[] Inserted = "INSERT 0 1\0"u8.ToArray();
    private static readonly byte[] Committed = "COMMIT\0"u8.ToArray();

    private static int Rounds => Races.Long ? 20 : 3;

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
