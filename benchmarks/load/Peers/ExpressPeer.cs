using Exeunt.LoadBench.Prepared;
using Exeunt.LoadBench.Processes;

namespace Exeunt.LoadBench.Peers;

/// <summary>Express and jsonwebtoken, with the store in PostgreSQL or in Redis: <c>benchmarks/peers/express</c>.</summary>
internal static class ExpressPeer
{
    public const string OnPostgres = "Express + PostgreSQL";
    public const string OnRedis = "Express + Redis, appendfsync always";

    public static async Task<Contender> OnPostgresAsync(Amounts amounts, Databases databases, PeerSecrets secrets)
    {
        var folder = await databases.NewAsync(Databases.Postgres);
        var contender = await StartAsync(amounts, secrets, OnPostgres, new() { ["PEER_STORE"] = "postgres", ["PEER_POSTGRES"] = PostgresServer.UrlOf(folder.Postgres!) }, folder);
        await PostgresServer.AskAsync<object>(folder.Postgres!, "vacuum analyze");
        return contender;
    }

    public static Task<Contender> OnRedisAsync(Amounts amounts, RedisServer redis, PeerSecrets secrets) =>
        StartAsync(amounts, secrets, OnRedis, new() { ["PEER_STORE"] = "redis", ["PEER_REDIS"] = $"redis://127.0.0.1:{redis.Port}" }, redis);

    private static async Task<Contender> StartAsync(Amounts amounts, PeerSecrets secrets, string name, Dictionary<string, string> environment, object around)
    {
        environment["PEER_KEY"] = secrets.KeyFile;
        environment["PEER_EMAIL"] = PeerSecrets.Email;
        environment["PEER_PASSWORD"] = secrets.Password;
        environment["NODE_ENV"] = "production";
        var supply = await secrets.FillAsync("node", [Program("seed.js")], environment, name, amounts);
        var server = await ServerProcess.StartAsync("node", address => [Program("server.js"), address], "/ready", environment);
        return new(name, new RestWire(), server, server, supply, [around]);

        string Program(string file) => Path.Combine(FolderIn(amounts.Bench), file);
    }

    /// <summary>Where the programs lie.</summary>
    public static string FolderIn(Bench bench) => Path.Combine(bench.Root, "benchmarks", "peers", "express");
}
