using System.Diagnostics;

namespace Exeunt.LoadBench;

/// <summary>How much is measured, and where.</summary>
/// <param name="Rounds">How often each comparison is repeated, both sides in every round.</param>
/// <param name="Scale">What the amounts of work are multiplied with.</param>
/// <param name="Folder">Where published programs and temporary data lie.</param>
/// <param name="Root">The root of the repository.</param>
internal sealed record Bench(int Rounds, double Scale, string Folder, string Root)
{
    private readonly long started = Stopwatch.GetTimestamp();

    /// <summary>What a round is called: those before the first only warm up.</summary>
    public string Name(int round) => round <= 0 ? "warming up" : $"round {round} of {Rounds}";

    public int Scaled(int amount) => (int)(amount * Scale);

    /// <summary>Says what is being done: a measurement is long, and silence looks like a fault.</summary>
    public void Say(string what) => Console.Error.WriteLine($"[{Stopwatch.GetElapsedTime(started).TotalSeconds,4:0} s] {what}");
}
