using Exeunt.LoadBench.Prepared;
using Exeunt.LoadBench.Processes;

namespace Exeunt.LoadBench.Peers;

/// <summary>All that are compared, each filled and running. Who cannot be had on this machine is named.</summary>
internal sealed class Field : IAsyncDisposable
{
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
        var (bench, program) = (amounts.Bench, "");
        var postgres = await databases.HasPostgresAsync() ? null : "PostgreSQL is not installed";
        var express = await NodePackages.WhyNotAsync(bench, ExpressPeer.FolderIn(bench));

        await AddAsync(ExeuntContender.NameOn(Databases.Sqlite), null, its => ExeuntContender.StartAsync(amounts, databases, programs, Databases.Sqlite, its));
        await AddAsync(ExeuntContender.NameOn(Databases.Postgres), postgres, its => ExeuntContender.StartAsync(amounts, databases, programs, Databases.Postgres, its));
        await AddAsync(AspNetPeer.Name, postgres ?? await PublishAsync(), its => AspNetPeer.StartAsync(amounts, databases, secrets, program, its));
        await AddAsync(ExpressPeer.OnPostgres, express ?? postgres, its => ExpressPeer.OnPostgresAsync(amounts, databases, secrets, its));
        await AddAsync(ExpressPeer.OnRedis, express ?? (RedisServer.IsInstalled ? null : "Redis is not installed"), its => ExpressPeer.OnRedisAsync(amounts, secrets, its));
        await AddAsync(OidcProviderPeer.Name, postgres ?? await NodePackages.WhyNotAsync(bench, NodePeer.FolderIn(bench, "oidc-provider")),
            its => OidcProviderPeer.StartAsync(amounts, databases, secrets, its));
        await AddAsync(BetterAuthPeer.Name, postgres ?? await NodePackages.WhyNotAsync(bench, NodePeer.FolderIn(bench, "better-auth")),
            its => BetterAuthPeer.StartAsync(amounts, databases, secrets, its));

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
    }

    private async Task AddAsync(string name, string? whyNot, Func<Belongings, Task<Contender>> start)
    {
        if (whyNot is not null)
        {
            skipped.Add($"{name}: {whyNot}");
            return;
        }

        var belongings = new Belongings();
        try
        {
            contenders.Add(await start(belongings));
        }
        catch
        {
            await belongings.DisposeAsync();
            throw;
        }
    }
}
