using Exeunt.LoadBench.Prepared;
using Exeunt.LoadBench.Processes;

namespace Exeunt.LoadBench.Peers;

/// <summary>All that are compared, each filled and running. Who cannot be had on this machine is named.</summary>
internal sealed class Field : IAsyncDisposable
{
    private const string WithoutPostgres = "PostgreSQL is not installed";

    private readonly PeerSecrets secrets;
    private readonly List<Contender> contenders = [];
    private readonly List<string> skipped = [];

    private Field(Bench bench) => secrets = new(bench);

    /// <summary>Ours first.</summary>
    public IReadOnlyList<Contender> Contenders => contenders;

    /// <summary>Who is missing, and why.</summary>
    public IReadOnlyList<string> Skipped => skipped;

    /// <summary>Who signs in with a password.</summary>
    public string Password => secrets.Password;

    public static async Task<Field> StartAsync(Amounts amounts, Databases databases, Programs programs)
    {
        var field = new Field(amounts.Bench);
        try
        {
            await field.FillAsync(amounts, databases, programs);
            return field;
        }
        catch
        {
            await field.DisposeAsync();
            throw;
        }
    }

    /// <summary>Leaves out who did not do what was asked for: nothing of theirs is worth measuring.</summary>
    public async Task LeaveOutAsync(Contender contender)
    {
        contenders.Remove(contender);
        await contender.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var contender in contenders) await contender.DisposeAsync();
        secrets.Dispose();
    }

    private async Task FillAsync(Amounts amounts, Databases databases, Programs programs)
    {
        var bench = amounts.Bench;
        var postgres = await databases.HasPostgresAsync() ? null : WithoutPostgres;
        foreach (var database in await databases.NamesAsync()) contenders.Add(await ExeuntContender.StartAsync(amounts, databases, programs, database));
        if (postgres is not null) skipped.Add($"Exeunt on {Databases.Postgres}: {postgres}");

        var program = "";
        await AddAsync(AspNetPeer.Name, async () => postgres ?? await PublishAsync(), () => AspNetPeer.StartAsync(amounts, databases, secrets, program));

        var express = await NodePackages.WhyNotAsync(bench, ExpressPeer.FolderIn(bench));
        await AddAsync(ExpressPeer.OnPostgres, () => Task.FromResult(express ?? postgres), () => ExpressPeer.OnPostgresAsync(amounts, databases, secrets));

        RedisServer? redis = null;
        await AddAsync(ExpressPeer.OnRedis, async () => express ?? await StartRedisAsync(), () => ExpressPeer.OnRedisAsync(amounts, redis!, secrets));

        await AddAsync(OidcProviderPeer.Name, async () => postgres ?? await NodePackages.WhyNotAsync(bench, NodePeer.FolderIn(bench, "oidc-provider")),
            () => OidcProviderPeer.StartAsync(amounts, databases, secrets));
        await AddAsync(BetterAuthPeer.Name, async () => postgres ?? await NodePackages.WhyNotAsync(bench, NodePeer.FolderIn(bench, "better-auth")),
            () => BetterAuthPeer.StartAsync(amounts, databases, secrets));

        async Task<string?> PublishAsync()
        {
            try
            {
                program = await Programs.PublishAsync(bench, "benchmarks/peers/aspnet-npgsql", "aspnet-npgsql");
                return null;
            }
            catch (InvalidOperationException)
            {
                return "it could not be built with the packages at hand";
            }
        }

        async Task<string?> StartRedisAsync() => (redis = await RedisServer.StartAsync(bench, durable: true)) is null ? "Redis is not installed" : null;
    }

    private async Task AddAsync(string name, Func<Task<string?>> whyNot, Func<Task<Contender>> start)
    {
        if (await whyNot() is { } reason) skipped.Add($"{name}: {reason}");
        else contenders.Add(await start());
    }
}
