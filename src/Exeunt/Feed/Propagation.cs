namespace Exeunt.Feed;

/// <summary>How long guards took from the decision of an ending, ledger time, to their word that they enforce it; over their newest acknowledgements.</summary>
/// <param name="P50Ms">Half of them within so many milliseconds.</param>
/// <param name="P99Ms">99 of 100 within so many milliseconds.</param>
/// <param name="Acknowledgements">How many those are.</param>
public sealed record Propagation(double P50Ms, double P99Ms, int Acknowledgements)
{
    /// <summary>The percentiles of these; null for none.</summary>
    internal static Propagation? Of(IEnumerable<TimeSpan> took)
    {
        double[] sorted = [.. took.Select(one => Math.Max(0, one.TotalMilliseconds)).Order()];
        return sorted.Length == 0 ? null : new(Percentile(sorted, 50), Percentile(sorted, 99), sorted.Length);
    }

    // The nearest rank: a value that was seen, and not one between two.
    private static double Percentile(double[] sorted, int percent) => Math.Round(sorted[((sorted.Length * percent) + 99) / 100 - 1], 1);
}

/// <summary>The newest endings whose enforcement every guard was asked for. Those that nobody was asked for say nothing of how fast guards are.</summary>
internal sealed class AskedEndings
{
    private const int Kept = 256;

    private readonly Lock gate = new();
    private readonly Queue<(string Epoch, long Sequence, DateTimeOffset At)> newest = new(Kept);

    /// <summary>Guards are asked whether they enforce everything up to this place, of which the oldest was decided at this instant.</summary>
    public void Add(string epoch, long sequence, DateTimeOffset at)
    {
        lock (gate)
        {
            if (newest.Count == Kept) newest.Dequeue();
            newest.Enqueue((epoch, sequence, at));
        }
    }

    /// <summary>When the oldest was decided that lies after one place and not after the other, for a guard that follows since then; null for none.</summary>
    public DateTimeOffset? OldestBetween(string epoch, long after, long upTo, DateTimeOffset since)
    {
        DateTimeOffset? oldest = null;
        lock (gate)
        {
            foreach (var (of, sequence, at) in newest)
            {
                if (of == epoch && sequence > after && sequence <= upTo && at >= since && !(oldest <= at)) oldest = at;
            }
        }

        return oldest;
    }
}
