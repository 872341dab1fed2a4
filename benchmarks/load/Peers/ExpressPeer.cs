using Exeunt.LoadBench.Prepared;
using Exeunt.LoadBench.Processes;

namespace Exeunt.LoadBench.Peers;

/// <summary>Express and jsonwebtoken, with the store in PostgreSQL or in Redis: <c>benchmarks/peers/express</c>.</summary>
internal static class ExpressPeer
{
    public const string OnPostgres = "Express + PostgreSQL";
    public const string OnRedis = "Express + Redis, appendfsync always";

    public static Task<Contender> OnPostgresAsync(Amounts amounts, Databases databases, PeerSecrets secrets, Belongings belongings) => NodePeer.OnPostgresAsync(
        amounts, databases, secrets, OnPostgres, FolderIn(amounts.Bench), new RestWire(), belongings, new Dictionary<string, string> { ["PEER_STORE"] = "postgres" });

    public static async Task<Contender> OnRedisAsync(Amounts amounts, PeerSecrets secrets, Belongings belongings)
    {
        var redis = belongings.Add(await RedisServer.StartAsync(amounts.Bench, durable: true) ?? throw new InvalidOperationException("Redis is not installed."));
        return await NodePeer.StartAsync(
            amounts, secrets, OnRedis, FolderIn(amounts.Bench), new RestWire(), belongings,
            new Dictionary<string, string> { ["PEER_STORE"] = "redis", ["PEER_REDIS"] = $"redis://127.0.0.1:{redis.Port}" });
    }

    /// <summary>Where the programs lie.</summary>
    public static string FolderIn(Bench bench) => NodePeer.FolderIn(bench, "express");
}
