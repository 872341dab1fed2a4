using Exeunt.LoadBench.Load;

namespace Exeunt.LoadBench.Results;

/// <summary>A ratio with the goal that it is held to.</summary>
/// <param name="Name">What is compared with what.</param>
/// <param name="Ratio">Of each round, as a number without unit.</param>
/// <param name="Goal">How it is to be.</param>
/// <param name="One">The numerator in words, with its unit.</param>
/// <param name="Other">The denominator in words, with its unit.</param>
internal sealed record RatioResult(string Name, Spread Ratio, Goal Goal, string One, string Other)
{
    public bool IsMet => Goal.IsMetBy(Ratio.Median);
}

/// <summary>A bound of a ratio.</summary>
/// <param name="AtMost">Whether the ratio may not be greater, or may not be less.</param>
/// <param name="Bound">The bound.</param>
internal sealed record Goal(bool AtMost, double Bound)
{
    public bool IsMetBy(double ratio) => AtMost ? ratio <= Bound : ratio >= Bound;

    public override string ToString() => $"{(AtMost ? "≤" : "≥")} {Bound:0.##}×";
}

/// <summary>A figure that depends on the machine, told for orientation.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Value">The rounds.</param>
/// <param name="Unit">The unit of the value.</param>
/// <param name="Note">What belongs to it, such as latencies; empty for nothing.</param>
internal sealed record Figure(string Name, Spread Value, string Unit, string Note = "")
{
    /// <summary>Answers in a second, with the latencies beside it.</summary>
    public static Figure OfRate(string name, IEnumerable<Pace> rounds)
    {
        Pace[] all = [.. rounds];
        return new(name, Spread.Of(all.Select(pace => pace.PerSecond)), "/s",
            $"p50 {Spread.Of(all.Select(pace => pace.P50)).Median:0.00} ms, p99 {Spread.Of(all.Select(pace => pace.P99)).Median:0.00} ms");
    }
}

/// <summary>One fact that either holds or does not.</summary>
/// <param name="Name">What must hold.</param>
/// <param name="Holds">Whether it does.</param>
/// <param name="Seen">What was seen.</param>
internal sealed record Check(string Name, bool Holds, string Seen);

/// <summary>Everything that one measurement found.</summary>
internal sealed record Findings(IReadOnlyList<RatioResult> Ratios, IReadOnlyList<Check> Checks, IReadOnlyList<Figure> Figures)
{
    public static Findings None { get; } = new([], [], []);

    /// <summary>What could not be measured here, and why.</summary>
    public IReadOnlyList<string> Skipped { get; init; } = [];

    public static Findings operator +(Findings one, Findings other) =>
        new([.. one.Ratios, .. other.Ratios], [.. one.Checks, .. other.Checks], [.. one.Figures, .. other.Figures]) { Skipped = [.. one.Skipped, .. other.Skipped] };

    /// <summary>Says that something was not measured, because there is no PostgreSQL to measure.</summary>
    public static Findings WithoutPostgres(string what) => None with { Skipped = [$"{what}: PostgreSQL is not installed"] };

    /// <summary>Says that a measurement was broken off. Why is for the one who runs it: it may name folders of the machine.</summary>
    public static Findings NotMeasured(string what) => None with { Checks = [new($"The measurement \"{what}\" goes to its end", Holds: false, "it was broken off")] };

    /// <summary>Whether every goal is met and every check holds.</summary>
    public bool AllGood => Ratios.All(ratio => ratio.IsMet) && Checks.All(check => check.Holds);
}
