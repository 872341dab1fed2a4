using System.Net;
using System.Runtime.Versioning;
using Exeunt.EndToEnd.Commands;
using Exeunt.EndToEnd.Support;

namespace Exeunt.EndToEnd.Nodes;

/// <summary>PostgreSQL is put back from an older copy under real nodes that run: they notice by themselves.</summary>
[UnsupportedOSPlatform("windows")] // signals of Unix
public class RolledBackNodesTests
{
    private const string Noticed = "THE DATABASE WAS PUT BACK FROM AN OLDER COPY WHILE THIS SERVER RAN";

    [Fact]
    public async Task P1_nodes_that_run_notice_an_older_copy_and_nobody_who_was_ended_comes_back()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var cluster = await Cluster.StartAsync(server, nodes: 2, OutageSteps.Settings);
        var staying = await cluster.Nodes[0].SignInAsync();
        var leaving = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => cluster.Nodes[i % 2].SignInAsync()));
        await cluster.EverywhereAsync(staying, HttpStatusCode.OK);
        await server.BackUpAsync();
        await cluster.ReadyAsync();
        foreach (var (i, one) in leaving.Index()) await cluster.Nodes[i % 2].LeaveAsync(one);
        foreach (var one in leaving) await cluster.EverywhereAsync(one, HttpStatusCode.Unauthorized);

        await server.RestoreAsync();

        foreach (var node in cluster.Nodes) await node.SaysAsync(Noticed).WaitAsync(TimeSpan.FromSeconds(90));

        foreach (var one in leaving)
        {
            await cluster.EverywhereAsync(one, HttpStatusCode.Unauthorized);
            foreach (var node in cluster.Nodes) Assert.Equal(HttpStatusCode.Unauthorized, await node.RefreshStatusAsync(one));
        }

        await cluster.EverywhereAsync(staying, HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.OK, await cluster.Nodes[1].RefreshStatusAsync(staying));
        var trail = (await ExeuntProcess.RunAsync(["audit", "query", "--data", cluster.Data(0), "--action", "state_rolled_back", "--json"], cluster.Environment)).Output;
        Assert.Contains("state_rolled_back", trail);
        Assert.Equal(0, (await ExeuntProcess.RunAsync(["audit", "verify", "--data", cluster.Data(0)], cluster.Environment)).ExitCode);

        var again = await cluster.KillAndStartAgainAsync(0); // what was noticed is not found again at the next start
        Assert.DoesNotContain("OLDER COPY", again.Output);
    }
}
