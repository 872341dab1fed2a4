using System.Diagnostics;
using System.Security.Cryptography;
using Exeunt.LoadBench.Prepared;

namespace Exeunt.LoadBench.Peers;

/// <summary>What every peer is told: the key to sign with, secrets of its own, and the account that signs in with a password. They lie in a folder of their own.</summary>
internal sealed class PeerSecrets : IDisposable
{
    public const string Email = "bench@example.com";

    private readonly DataFolder folder;

    public PeerSecrets(Bench bench)
    {
        folder = new(bench.Folder);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        File.WriteAllText(KeyFile, key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>The private key, PKCS #8 as PEM.</summary>
    public string KeyFile => Path.Combine(folder.Path, "key.pem");

    public string Password { get; } = Convert.ToHexString(RandomNumberGenerator.GetBytes(12));

    /// <summary>For whatever a peer keeps secret by itself.</summary>
    public string Secret { get; } = Convert.ToHexString(RandomNumberGenerator.GetBytes(32));

    /// <summary>Has a peer fill its own store by a program of its own, and reads what it tells of the sessions.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public async Task<Supply> FillAsync(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment, string name, Wire wire, Amounts amounts)
    {
        amounts.Bench.Say($"{name}: preparing");
        var file = Path.Combine(folder.Path, Path.GetRandomFileName());
        var start = new ProcessStartInfo(program, [.. arguments, file, .. amounts.ForSeed(wire.LogsOutEverywhere)]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (key, value) in environment) start.Environment[key] = value;
        using var seed = Process.Start(start)!;
        var (said, complained) = (seed.StandardOutput.ReadToEndAsync(), seed.StandardError.ReadToEndAsync());
        await seed.WaitForExitAsync();
        return seed.ExitCode == 0 ? Supply.Read(file, Amounts.Plain, Amounts.Large) : throw new InvalidOperationException($"{name} could not be filled:\n{await said}{await complained}");
    }

    public void Dispose() => folder.Dispose();
}
