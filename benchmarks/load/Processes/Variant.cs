using Exeunt.Guard;
using Exeunt.Server;
using Exeunt.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Exeunt.LoadBench.Processes;

/// <summary>
/// The whole server in a process of this program, with another limit to what one commit takes: no setting of the product offers that. Both sides of the
/// comparison run like this, so that they differ in the limit alone.
/// </summary>
internal static class Variant
{
    /// <summary>The first argument that makes this program be such a server.</summary>
    public const string Command = "serve-variant";

    /// <summary>What the product has.</summary>
    public const int Grouping = 512;

    /// <summary>A commit for every operation.</summary>
    public const int OneCommitEach = 1;

    public static Task<ServerProcess> StartAsync(Prepared.DataFolder folder, int largestBatch) =>
        ServerProcess.StartAsync(Environment.ProcessPath!, address => [Command, address, folder.Path, $"{largestBatch}"], "/readyz", folder.Environment);

    public static async Task RunAsync(string address, string folder, int largestBatch)
    {
        var app = await ServerHost.BuildAsync(
            new(address, folder, new Dictionary<string, string?>()),
            builder => builder.Services.AddSingleton(provider => new Ledger(
                provider.GetRequiredService<ILedgerStore>(), provider.GetRequiredService<RevocationIndex>().Apply,
                provider.GetRequiredService<ILogger<Ledger>>(), largestBatch)),
            CancellationToken.None);
        await app.RunAsync();
    }
}
