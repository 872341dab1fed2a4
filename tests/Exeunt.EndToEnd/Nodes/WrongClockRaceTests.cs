using System.Runtime.Versioning;

namespace Exeunt.EndToEnd.Nodes;

/// <summary>
/// The same races on three real nodes whose system clocks are minutes apart: one is three minutes late, one is right, one is three minutes early. The clock that
/// a process is shown is moved by libfaketime; that of the database, and how fast time passes, stay as they are.
/// </summary>
[TakesLong(seconds: 60)]
[SupportedOSPlatform("linux")]
public sealed class WrongClockRaceTests(ITestOutputHelper output) : NodeRaceTests(output)
{
    private static readonly int[] Minutes = [-3, 0, 3];

    public override async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(WrongClock.CanBeHad, "It needs Debian's libfaketime.");
        await base.InitializeAsync();
    }

    private protected override async Task AddNodesAsync(Cluster cluster)
    {
        foreach (var minutes in Minutes) await cluster.AddNodeAsync(port: null, WrongClock.By(minutes));

        // What the web server itself says of the time is its machine's.
        foreach (var (node, minutes) in cluster.Nodes.Zip(Minutes))
        {
            using var client = node.Client();
            using var healthy = await client.GetAsync("healthz");
            var wrongBy = healthy.Headers.Date!.Value - TimeProvider.System.GetUtcNow();
            Assert.InRange(wrongBy, TimeSpan.FromMinutes(minutes - 1), TimeSpan.FromMinutes(minutes + 1));
        }
    }
}
