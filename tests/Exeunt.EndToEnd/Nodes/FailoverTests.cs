using System.Net;
using System.Runtime.Versioning;
using Exeunt.EndToEnd.Commands;
using Exeunt.EndToEnd.Support;
using Npgsql;

namespace Exeunt.EndToEnd.Nodes;

/// <summary>A real PostgreSQL with a real standby: the primary is lost, the standby takes over, and the nodes go on with it.</summary>
[UnsupportedOSPlatform("windows")] // signals of Unix
public class FailoverTests
{
    [Fact]
    public async Task P1_a_standby_that_takes_over_has_every_logout_and_the_nodes_find_it_by_themselves()
    {
        await using var primary = await PostgresServer.StartAsync();
        await using var standby = await primary.StartStandbyAsync();
        var hosts = new NpgsqlConnectionStringBuilder(await primary.NewDatabaseAsync("ledger")) { Host = $"127.0.0.1:{primary.Port},127.0.0.1:{standby.Port}" };
        hosts.Remove("Port");
        await using var cluster = await Cluster.StartAsync(primary, nodes: 2, [.. OutageSteps.Settings, ("Exeunt__Ledger__Postgres", hosts.ConnectionString)]);
        var staying = await cluster.Nodes[0].SignInAsync();
        var leaving = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => cluster.Nodes[i % 2].SignInAsync()));
        await cluster.EverywhereAsync(staying, HttpStatusCode.OK);

        foreach (var (i, one) in leaving[..4].Index()) await cluster.Nodes[i % 2].LeaveAsync(one);
        await primary.StopAsync();
        foreach (var (i, one) in leaving[4..].Index()) await cluster.Nodes[i % 2].LeaveAsync(one);
        await standby.PromoteAsync();
        await cluster.ReadyAsync();

        await cluster.AssertGoneAsync(leaving);
        await cluster.EverywhereAsync(staying, HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.OK, await cluster.Nodes[1].RefreshStatusAsync(staying));
        await cluster.EverywhereAsync(await cluster.Nodes[1].SignInAsync(), HttpStatusCode.OK);
        foreach (var node in cluster.Nodes) Assert.DoesNotContain("OLDER COPY", node.Output, StringComparison.Ordinal); // nothing that was answered was lost
    }
}
