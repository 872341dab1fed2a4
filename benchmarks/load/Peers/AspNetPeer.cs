using Exeunt.LoadBench.Prepared;
using Exeunt.LoadBench.Processes;

namespace Exeunt.LoadBench.Peers;

/// <summary>ASP.NET Core with Npgsql and no Exeunt, published as our own server is: <c>benchmarks/peers/aspnet-npgsql</c>.</summary>
internal static class AspNetPeer
{
    public const string Name = "ASP.NET Core + PostgreSQL";

    public static async Task<Contender> StartAsync(Amounts amounts, Databases databases, PeerSecrets secrets, string program, Belongings belongings)
    {
        var folder = belongings.Add(await databases.NewAsync(Databases.Postgres));
        var environment = new Dictionary<string, string>
        {
            ["Peer__Database"] = folder.Postgres!,
            ["Peer__Key"] = secrets.KeyFile,
            ["Peer__Email"] = PeerSecrets.Email,
            ["Peer__Password"] = secrets.Password,
        };
        var wire = new RestWire();
        var supply = await secrets.FillAsync(program, ["seed"], environment, Name, wire, amounts);
        await PostgresServer.AskAsync<object>(folder.Postgres!, "vacuum analyze");
        var server = belongings.Add(await ServerProcess.StartAsync(program, _ => [], "/ready", environment));
        return new(Name, wire, server, server, supply, belongings);
    }
}
