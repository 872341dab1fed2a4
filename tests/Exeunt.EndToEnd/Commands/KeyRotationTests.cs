using Exeunt.Audit;
using Exeunt.EndToEnd.Support;
using Exeunt.Hosting;
using Exeunt.Keys;
using Exeunt.Protocol.Jose;
using Exeunt.Revocations;
using Exeunt.Sqlite;
using Exeunt.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Exeunt.EndToEnd.Commands;

/// <summary><c>keys rotate</c> on a folder whose oldest key is done with, while no server runs.</summary>
public sealed class KeyRotationTests : IDisposable
{
    private const string Issuer = "http://127.0.0.1:8080";

    private static readonly TimeSpan LongestToken = TimeSpan.FromHours(24);
    private static readonly TimeSpan Lead = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(10);
    private static readonly Dictionary<string, string?> Settings = new() { ["Exeunt__Server__Issuer"] = Issuer };

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_rotation_that_only_withdraws_an_old_key_is_not_called_one_and_the_trail_goes_on_verifying()
    {
        var now = TimeProvider.System.GetUtcNow();
        var ring = KeyRing.Open(folder.Path, new(JwsAlgorithm.ES256, TimeSpan.FromDays(90), LongestToken, TimeSpan.FromDays(30)), now - TimeSpan.FromDays(3), out _);
        await SignCheckpointAsync(ring);
        var old = ring.Signing.Current.KeyId;

        // Since a minute ago, nothing that the first key signed can be alive; the third one waits for its time.
        ring.RotateSigningKey(now - TimeSpan.FromMinutes(1) - Margin - LongestToken - Lead);
        ring.RotateSigningKey(now - TimeSpan.FromMinutes(2));
        Assert.Contains(ring.List(now), key => key.Id == old);

        var (exitCode, said) = await ExeuntProcess.RunAsync(["keys", "rotate", "--data", folder.Path], Settings);

        Assert.True(exitCode == 1, said);
        Assert.Contains($"{old}: withdrawn", said);
        Assert.Contains("waits for its time", said);
        var (_, proof) = await ExeuntProcess.RunAsync(["audit", "verify", "--data", folder.Path], Settings);
        Assert.Contains("The chain holds", proof);
    }

    private async Task SignCheckpointAsync(KeyRing ring)
    {
        await using var store = new SqliteLedger(Path.Combine(folder.Path, "exeunt.db"), TimeProvider.System);
        await store.OpenAsync(NodeMemory.Empty, CancellationToken.None);
        await using var ledger = new Ledger(store, _ => { }, NullLogger<Ledger>.Instance);
        Assert.NotNull(await new SignCheckpoint(ledger, ring.Signing, new RevocationRules(new ExeuntOptions(), Issuer)).HandleAsync());
    }
}
