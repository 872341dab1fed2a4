using System.Diagnostics;
using System.Security.Cryptography;
using Exeunt.LoadBench.Results;
using Microsoft.Win32.SafeHandles;

namespace Exeunt.LoadBench.Measures;

/// <summary>What the disk and the processor give by themselves: without them no figure of another machine can be compared with these.</summary>
internal static class Primitives
{
    private const int Syncs = 300;
    private const int Signatures = 2000;

    public static Findings Measure(Bench bench)
    {
        bench.Say("Disk and signatures");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var message = RandomNumberGenerator.GetBytes(400);
        var signature = key.SignData(message, HashAlgorithmName.SHA256);
        var file = Path.Combine(bench.Folder, Path.GetRandomFileName());
        using var disk = File.OpenHandle(file, FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.DeleteOnClose);
        return new([], [],
        [
            new("Syncs of the disk, 8 KiB written before each", Rounds(Syncs, i => WriteAndSync(disk, i)), "/s"),
            new("ES256 signatures, one core", Rounds(Signatures, _ => key.SignData(message, HashAlgorithmName.SHA256)), "/s"),
            new("ES256 verifications, one core", Rounds(Signatures, _ => key.VerifyData(message, signature, HashAlgorithmName.SHA256)), "/s"),
        ]);

        Spread Rounds(int amount, Action<int> act)
        {
            act(0);
            return Spread.Of([.. Enumerable.Range(0, bench.Rounds).Select(_ => Rate(amount, act))]);
        }
    }

    private static double Rate(int amount, Action<int> act)
    {
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < amount; i++) act(i);
        return amount / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static void WriteAndSync(SafeFileHandle disk, int i)
    {
        Span<byte> page = stackalloc byte[8192];
        page.Fill((byte)i);
        RandomAccess.Write(disk, page, (i % 100) * page.Length);
        RandomAccess.FlushToDisk(disk);
    }
}
