using System.Net;
using System.Security.Cryptography;
using Exeunt.EndToEnd.Commands;
using Exeunt.EndToEnd.Support;
using Npgsql;

namespace Exeunt.EndToEnd.Nodes;

/// <summary>Several real servers, each with a data folder of its own, on one PostgreSQL database.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    public const string Admin = "ada@example.com";
    public const string Password = "purple-otter-lantern-41";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly TemporaryFolder folder = new();

    private Cluster(string database) => Environment = new()
    {
        ["EXEUNT_ADMIN_EMAIL"] = Admin,
        ["EXEUNT_ADMIN_PASSWORD"] = Password,
        ["Exeunt__Server__Issuer"] = "https://login.example.com",
        ["Exeunt__Ledger__Postgres"] = database,
        ["Exeunt__Ledger__MasterKey"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)),
    };

    /// <summary>What every node is told by its environment.</summary>
    public Dictionary<string, string?> Environment { get; }

    public List<ExeuntProcess> Nodes { get; } = [];

    public static async Task<Cluster> StartAsync(PostgresServer server, int nodes, params (string Name, string Value)[] settings)
    {
        var cluster = new Cluster(await server.NewDatabaseAsync());
        foreach (var (name, value) in settings) cluster.Environment[name] = value;
        try
        {
            while (cluster.Nodes.Count < nodes) await cluster.AddNodeAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public string Data(int node) => Path.Combine(folder.Path, $"node-{node}");

    /// <summary>Adds a node.</summary>
    /// <param name="port">Where it finds the database; null for where that is.</param>
    /// <param name="settings">What this one is told besides.</param>
    public async Task<ExeuntProcess> AddNodeAsync(int? port = null, params (string Name, string Value)[] settings)
    {
        var environment = new Dictionary<string, string?>(Environment);
        foreach (var (name, value) in settings) environment[name] = value;
        if (port is { } other) environment["Exeunt__Ledger__Postgres"] = new NpgsqlConnectionStringBuilder(Environment["Exeunt__Ledger__Postgres"]) { Port = other }.ConnectionString;
        var node = await ExeuntProcess.ServeAsync(Data(Nodes.Count), environment);
        Nodes.Add(node);
        return node;
    }

    /// <summary>Ends a node as a power cut would, and starts it again on what it left.</summary>
    public async Task<ExeuntProcess> KillAndStartAgainAsync(int node)
    {
        await Nodes[node].DisposeAsync();
        Nodes.RemoveAt(node);
        var again = await ExeuntProcess.ServeAsync(Data(node), Environment);
        Nodes.Insert(node, again);
        return again;
    }

    /// <summary>
    /// Waits until the access token is answered so by every node. The others are told of an ending within milliseconds; asking again until then is all that
    /// can be awaited from outside.
    /// </summary>
    public async Task EverywhereAsync(Requests.Session session, HttpStatusCode expected)
    {
        using var polling = new Polling(Patience);
        while (true)
        {
            var statuses = await StatusesAsync(session);
            if (statuses.All(status => status == expected)) return;
            Assert.True(await polling.AgainAsync(), $"{expected} was expected everywhere, and it is {string.Join(", ", statuses)}.");
        }
    }

    /// <summary>How each node answers the access token now.</summary>
    public Task<HttpStatusCode[]> StatusesAsync(Requests.Session session) => Task.WhenAll(Nodes.Select(node => Requests.MeAsync(node, session.Access)));

    public async ValueTask DisposeAsync()
    {
        foreach (var node in Nodes) await node.DisposeAsync();
        folder.Dispose();
    }
}
