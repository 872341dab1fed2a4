using Exeunt.LoadBench.Prepared;
using Exeunt.LoadBench.Processes;

namespace Exeunt.LoadBench.Peers;

/// <summary>Peers that run on Node.js: each has a folder with a program that fills its store, and one that serves.</summary>
internal static class NodePeer
{
    /// <summary>Where a peer's programs lie.</summary>
    public static string FolderIn(Bench bench, string name) => Path.Combine(bench.Root, "benchmarks", "peers", name);

    /// <summary>Fills and starts one whose store is a database of its own.</summary>
    public static async Task<Contender> OnPostgresAsync(
        Amounts amounts, Databases databases, PeerSecrets secrets, string name, string folder, Wire wire, Belongings belongings, IReadOnlyDictionary<string, string>? told = null)
    {
        var database = belongings.Add(await databases.NewAsync(Databases.Postgres)).Postgres!;
        var more = new Dictionary<string, string>(told ?? new Dictionary<string, string>()) { ["PEER_POSTGRES"] = PostgresServer.UrlOf(database) };
        var contender = await StartAsync(amounts, secrets, name, folder, wire, belongings, more);
        await PostgresServer.AskAsync<object>(database, "vacuum analyze");
        return contender;
    }

    /// <summary>Fills and starts one.</summary>
    /// <param name="amounts">How many sessions it needs.</param>
    /// <param name="secrets">What it is told as every peer is.</param>
    /// <param name="name">What it is called in the table.</param>
    /// <param name="folder">Where its programs lie.</param>
    /// <param name="wire">How it is asked.</param>
    /// <param name="belongings">What goes when it goes.</param>
    /// <param name="told">What it is told besides: where its store is.</param>
    public static async Task<Contender> StartAsync(
        Amounts amounts, PeerSecrets secrets, string name, string folder, Wire wire, Belongings belongings, IReadOnlyDictionary<string, string> told)
    {
        var environment = new Dictionary<string, string>(told)
        {
            ["PEER_KEY"] = secrets.KeyFile,
            ["PEER_SECRET"] = secrets.Secret,
            ["PEER_EMAIL"] = PeerSecrets.Email,
            ["PEER_PASSWORD"] = secrets.Password,
            ["NODE_ENV"] = "production",
        };
        var supply = await secrets.FillAsync("node", [Path.Combine(folder, "seed.js")], environment, name, wire, amounts);
        var server = belongings.Add(await ServerProcess.StartAsync("node", address => [Path.Combine(folder, "server.js"), address], "/ready", environment));
        return new(name, wire, server, server, supply, belongings);
    }
}
