using System.Globalization;

namespace Exeunt.Tests;

/// <summary>Randomness that can be had again: the seed is printed, and <c>EXEUNT_SEED</c> sets it.</summary>
internal static class Seeded
{
    public static Random Random(out int seed)
    {
        seed = Environment.GetEnvironmentVariable("EXEUNT_SEED") is { } wanted ? int.Parse(wanted, CultureInfo.InvariantCulture) : System.Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"EXEUNT_SEED={seed}");
        return new Random(seed);
    }

    public static T Pick<T>(this Random random, IReadOnlyList<T> from) => from[random.Next(from.Count)];

    public static bool Chance(this Random random, double probability) => random.NextDouble() < probability;
}
