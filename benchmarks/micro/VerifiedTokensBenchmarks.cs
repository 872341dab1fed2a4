using BenchmarkDotNet.Attributes;
using Exeunt.Guard;

namespace Exeunt.Benchmarks;

/// <summary>What a repeated token costs before its revocations are asked for; a signature takes some hundred times as long.</summary>
[MemoryDiagnoser]
public class VerifiedTokensBenchmarks
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly VerifiedTokens<string> cache = new();
    private readonly string[] tokens = [.. Enumerable.Range(0, 8192).Select(i => $"{i:D8}" + new string('x', 692))];
    private int next;

    [GlobalSetup]
    public void Fill()
    {
        foreach (var token in tokens)
        {
            cache.Find(token, Noon, out var slip);
            cache.Add(slip, token[..8], Noon.AddMinutes(15), Noon);
        }
    }

    [Benchmark]
    public string? Find() => cache.Find(tokens[next++ & 8191], Noon, out _);
}
