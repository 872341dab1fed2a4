using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Runtime.Versioning;
using System.Text.Json;
using Exeunt.EndToEnd.Commands;
using Exeunt.EndToEnd.Support;

namespace Exeunt.EndToEnd.Nodes;

/// <summary>Two real nodes on one PostgreSQL, each with a guard of its own: a receipt of either speaks of both.</summary>
[UnsupportedOSPlatform("windows")] // signals of Unix
public sealed class SharedGuardsTests
{
    [Fact]
    public async Task P4_on_several_nodes_the_registry_is_shared()
    {
        await using var cluster = await Cluster.StartAsync(await PostgresServer.SharedAsync(), nodes: 2);
        var client = await AddClientAsync(cluster);
        await using var here = await StartGuardAsync(cluster.Nodes[0], client);
        await using var there = await StartGuardAsync(cluster.Nodes[1], client);
        using var polling = new Polling(TimeSpan.FromSeconds(60));
        while ((await GuardsAsync(cluster.Nodes[0])).Length < 2) Assert.True(await polling.AgainAsync(), "The nodes did not tell each other of their guards.");

        var complete = await LogOutAsync(cluster.Nodes[0], wait: 10);
        Assert.Equal([.. new[] { Name(here), Name(there) }.Order()], Names(complete, "acknowledged"));
        Assert.True(complete.GetProperty("complete").GetBoolean());

        await SignalAsync("-STOP", there);
        var partial = await LogOutAsync(cluster.Nodes[0], wait: 1);
        Assert.Equal([Name(here)], Names(partial, "acknowledged"));
        Assert.Equal([Name(there)], Names(partial, "lagging"));
        await SignalAsync("-CONT", there);
        Assert.True((await LogOutAsync(cluster.Nodes[0], wait: 10)).GetProperty("complete").GetBoolean());

        // It dies, and then its node does, too: nobody knows what it does, and whoever is asked says so.
        await there.KillAsync();
        JsonElement lost;
        do lost = await LogOutAsync(cluster.Nodes[0], wait: 1);
        while (Names(lost, "unreachable").Length == 0);
        Assert.Equal([Name(there)], Names(lost, "unreachable"));
        await cluster.Nodes[1].KillAsync();
        Assert.Equal([Name(there)], Names(await LogOutAsync(cluster.Nodes[0], wait: 1), "unreachable"));
    }

    private static async Task<(string Id, string Secret)> AddClientAsync(Cluster cluster)
    {
        var (exit, said) = await ExeuntProcess.RunAsync(["clients", "add", "orders", "--data", cluster.Data(0), "--json"], cluster.Environment);
        Assert.True(exit == 0, said);
        using var added = JsonDocument.Parse(said);
        return (added.RootElement.GetProperty("id").GetString()!, added.RootElement.GetProperty("secret").GetString()!);
    }

    private static Task<ExeuntProcess> StartGuardAsync(ExeuntProcess node, (string Id, string Secret) client) => ExeuntProcess.StartSampleAsync("ProtectedApi", new Dictionary<string, string?>
    {
        ["Exeunt__Server"] = node.Address.ToString(),
        ["Exeunt__Issuer"] = "https://login.example.com",
        ["Exeunt__ClientId"] = client.Id,
        ["Exeunt__ClientSecret"] = client.Secret,
    });

    private static async Task<string[]> GuardsAsync(ExeuntProcess node)
    {
        using var client = node.Client();
        client.DefaultRequestHeaders.Authorization = new("Bearer", (await Requests.SignInAsync(node, Cluster.Admin, Cluster.Password)).Access);
        var answer = await client.GetFromJsonAsync<JsonElement>("api/v1/admin/guards");
        return [.. answer.GetProperty("guards").EnumerateArray().Select(guard => guard.GetProperty("instance").GetString()!)];
    }

    private static async Task<JsonElement> LogOutAsync(ExeuntProcess node, int wait)
    {
        using var client = node.Client();
        client.DefaultRequestHeaders.Authorization = new("Bearer", (await Requests.SignInAsync(node, Cluster.Admin, Cluster.Password)).Access);
        client.DefaultRequestHeaders.Add("Prefer", $"wait={wait}");
        using var answer = await client.DeleteAsync("api/v1/sessions/current");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var receipt = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("receipt").GetString()!;
        var (exit, said) = await ExeuntProcess.RunAsync(["receipt", "verify", receipt, "--json", "--jwks", new Uri(node.Address, ".well-known/jwks.json").ToString()]);
        Assert.True(exit == 0, said);
        return JsonDocument.Parse(said).RootElement;
    }

    private static string Name(ExeuntProcess guard) => $"{Environment.MachineName}/{guard.Id}";

    private static string[] Names(JsonElement receipt, string group) =>
        [.. receipt.GetProperty("guards").GetProperty(group).GetProperty("names").EnumerateArray().Select(guard => guard.GetProperty("instance").GetString()!).Order()];

    private static async Task SignalAsync(string signal, ExeuntProcess process)
    {
        using var kill = Process.Start("kill", [signal, process.Id.ToString()]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }
}
