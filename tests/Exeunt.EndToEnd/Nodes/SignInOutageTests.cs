using System.Collections.Concurrent;
using System.Net;
using System.Runtime.Versioning;
using Exeunt.EndToEnd.Commands;
using Exeunt.EndToEnd.Support;

namespace Exeunt.EndToEnd.Nodes;

/// <summary>People come and go on real nodes in the very moments in which their PostgreSQL crashes, stands still and comes back: every answer stays true.</summary>
[TakesLong(seconds: 90)]
[UnsupportedOSPlatform("windows")] // signals of Unix
public class SignInOutageTests
{
    private const int Nodes = 2;
    private const int PeopleOnEach = 3;
    private const int AnswersBefore = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    [Theory]
    [InlineData("stopped")]
    [InlineData("paused")]
    [InlineData("restarted")]
    public async Task P1_who_was_told_to_be_in_is_in_and_who_was_told_to_be_out_is_out_on_every_node(string how)
    {
        await using var server = await PostgresServer.StartAsync();
        await using var cluster = await Cluster.StartAsync(server, Nodes, OutageSteps.Settings);
        ConcurrentBag<Requests.Session> gone = [];
        for (var round = 0; round < (Races.Long ? 20 : 3); round++)
        {
            ConcurrentBag<Requests.Session> staying = [];
            var answers = 0;
            var underWay = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using var enough = new CancellationTokenSource();
            var load = cluster.Nodes.SelectMany(node => Enumerable.Range(0, PeopleOnEach).Select(person => Task.Run(async () =>
            {
                using var polling = new Polling(Patience);
                for (var visit = person; !enough.IsCancellationRequested; visit++)
                {
                    if (await Requests.TrySignInAsync(node, Cluster.Admin, Cluster.Password) is not { } session)
                    {
                        if (!await polling.AgainAsync()) Assert.Fail(node.Output);
                        continue;
                    }

                    if (visit % 2 == 0)
                    {
                        await node.LeaveAsync(session);
                        gone.Add(session);
                    }
                    else
                    {
                        staying.Add(session);
                    }

                    if (Interlocked.Increment(ref answers) == AnswersBefore) underWay.SetResult();
                }
            }))).ToList();
            await underWay.Task.WaitAsync(Patience);

            if (how == "paused") await server.PauseAsync();
            else await server.StopAsync();
            if (how != "restarted") foreach (var node in cluster.Nodes) await node.AwayAsync();
            if (how == "paused") await server.GoOnAsync();
            else await server.StartAgainAsync();
            await cluster.ReadyAsync();
            await enough.CancelAsync();
            await Task.WhenAll(load);
            await cluster.ReadyAsync();

            foreach (var one in staying)
            {
                await cluster.EverywhereAsync(one, HttpStatusCode.OK);
                foreach (var node in cluster.Nodes) Assert.Equal(HttpStatusCode.OK, await node.RefreshStatusAsync(one));
            }
        }

        await cluster.AssertGoneAsync(gone);
    }
}
