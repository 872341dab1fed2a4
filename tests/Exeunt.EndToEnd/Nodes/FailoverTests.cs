using System.Net;
using System.Runtime.Versioning;
using Exeunt.EndToEnd.Commands;
using Exeunt.EndToEnd.Support;
using Npgsql;

namespace Exeunt.EndToEnd.Nodes;

/// <summary>A real PostgreSQL with a real standby: the primary is lost, the standby takes over, and the nodes go on with it.</summary>
[TakesLong(seconds: 75)]
[UnsupportedOSPlatform("windows")] // signals of Unix
public class FailoverTests
{
    [Fact]
    public async Task P1_a_standby_that_takes_over_has_every_logout_and_the_nodes_find_it_by_themselves()
    {
        await using var primary = await PostgresServer.StartAsync();
        await using var standby = await primary.StartStandbyAsync();
        await using var cluster = await Cluster.StartAsync(primary, nodes: 2, [.. OutageSteps.Settings, await LedgerOnAsync(primary, standby)]);
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

    [Fact]
    public async Task P1_nothing_is_answered_as_recorded_that_only_the_primary_has_while_its_standby_stands_still()
    {
        await using var primary = await PostgresServer.StartAsync();
        await using var standby = await primary.StartStandbyAsync();
        await using var cluster = await Cluster.StartAsync(
            primary, nodes: 1, [.. OutageSteps.Settings, await LedgerOnAsync(primary, standby), ("Exeunt__Journal__Deadline", "00:00:00.400")]);
        var node = cluster.Nodes[0];
        var staying = await node.SignInAsync();
        Requests.Session[] leaving = [await node.SignInAsync(), await node.SignInAsync(), await node.SignInAsync()];

        await standby.PauseAsync();
        Assert.Null(await Requests.TrySignInAsync(node, Cluster.Admin, Cluster.Password));
        foreach (var one in leaving) Assert.True(await node.LeaveAsync(one));
        var (exit, said) = await ExeuntProcess.RunAsync(["users", "add", "eve@example.com", "--data", cluster.Data(0)], cluster.Environment);
        Assert.True(exit == 1 && said.Contains("Nobody knows whether this was done", StringComparison.Ordinal), said);
        await GiveUpWaitingAsync(primary, times: 3); // the driver's limit: a server that is told not to wait any longer says "committed"
        await node.AwayAsync();

        // What the standby was sent and has not taken in goes with it.
        await primary.StopAsync();
        await standby.KillAsync();
        await standby.StartAgainAsync();
        await standby.PromoteAsync();
        await node.ReadyAsync();
        await cluster.AssertGoneAsync(leaving);
        await cluster.EverywhereAsync(staying, HttpStatusCode.OK);
        await cluster.EverywhereAsync(await node.SignInAsync(), HttpStatusCode.OK);
    }

    // A ledger of its own, whichever of the two takes writes.
    private static async Task<(string Name, string Value)> LedgerOnAsync(PostgresServer primary, PostgresServer standby)
    {
        var ledger = new NpgsqlConnectionStringBuilder(await primary.NewDatabaseAsync("ledger")) { Host = $"127.0.0.1:{primary.Port},127.0.0.1:{standby.Port}" };
        ledger.Remove("Port");
        return ("Exeunt__Ledger__Postgres", ledger.ConnectionString);
    }

    // Until so many commits have waited for the standby and wait no more.
    private static async Task GiveUpWaitingAsync(PostgresServer primary, int times)
    {
        await using var connection = new NpgsqlConnection(primary.ConnectionString("postgres"));
        await connection.OpenAsync();
        await using var ask = new NpgsqlCommand("select pid || ' since ' || xact_start from pg_stat_activity where wait_event = 'SyncRep'", connection);
        HashSet<string> seen = [];
        using var polling = new Polling(TimeSpan.FromSeconds(90));
        while (true)
        {
            await using (var waiting = await ask.ExecuteReaderAsync())
            {
                List<string> now = [];
                while (await waiting.ReadAsync()) now.Add(waiting.GetString(0));
                seen.UnionWith(now);
                if (seen.Except(now).Count() >= times) return;
            }

            Assert.True(await polling.AgainAsync(), $"Only these have waited: {string.Join(", ", seen)}.");
        }
    }
}
