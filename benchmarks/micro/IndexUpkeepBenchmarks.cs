using BenchmarkDotNet.Attributes;
using Exeunt.Guard;
using Exeunt.Protocol.Revocations;

namespace Exeunt.Benchmarks;

/// <summary>What a guard does at its start and every minute, with a million entries.</summary>
[MemoryDiagnoser]
public class IndexUpkeepBenchmarks : IDisposable
{
    private const int Entries = 1_000_000;
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly MemoryStream file = new();
    private Revocation[] revocations = [];
    private RevocationIndex index = new();

    [GlobalSetup]
    public void Fill()
    {
        revocations = [.. Enumerable.Range(0, Entries).Select(i => new Revocation
        {
            Event = default, Scope = RevocationScope.Session, Issuer = "https://id.example.com", Key = $"sess_{i:D26}",
            Expires = Noon.AddSeconds(1 + (i % 900)), At = Noon, Reason = EndReason.User,
        })];
        index = new RevocationIndex();
        index.Apply(revocations);
        index.Save(file);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        file.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark]
    public int ApplyAll()
    {
        var fresh = new RevocationIndex();
        fresh.Apply(revocations);
        return fresh.Count;
    }

    [Benchmark]
    public long Save()
    {
        file.Position = 0;
        index.Save(file);
        return file.Position;
    }

    [Benchmark]
    public IndexLoad Load()
    {
        file.Position = 0;
        return new RevocationIndex().Load(file);
    }

    [Benchmark]
    public int LoadAndRemoveOneMinutesWorth()
    {
        file.Position = 0;
        var fresh = new RevocationIndex();
        fresh.Load(file);
        return fresh.RemoveExpired(Noon.AddMinutes(1));
    }
}
