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
internal sealed record Figure(string Name, Spread Value, string Unit, string Note = "");

/// <summary>One fact that either holds or does not.</summary>
/// <param name="Name">What must hold.</param>
/// <param name="Holds">Whether it does.</param>
/// <param name="Seen">What was seen.</param>
internal sealed record Check(string Name, bool Holds, string Seen);

/// <summary>Everything that one measurement found.</summary>
internal sealed record Findings(IReadOnlyList<RatioResult> Ratios, IReadOnlyList<Check> Checks, IReadOnlyList<Figure> Figures)
{
    public static Findings operator +(Findings one, Findings other) => one.Add(other);

    public static Findings None { get; } = new([], [], []);

    public Findings Add(Findings other) => new([.. Ratios, .. other.Ratios], [.. Checks, .. other.Checks], [.. Figures, .. other.Figures]);
}
