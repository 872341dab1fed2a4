namespace Exeunt.Tests.Support;

/// <summary>What randomised tests are made of: a seed that is printed, so that a failure can be run again, and runners that start together.</summary>
internal static class Races
{
    /// <summary>Whether the long form of the tests was asked for.</summary>
    public static bool Long => Environment.GetEnvironmentVariable("EXEUNT_TEST_LONG") == "1";

    /// <summary>Randomness of a new seed, or of the one in <c>EXEUNT_TEST_SEED</c>.</summary>
    /// <param name="output">Where the seed is printed; the running test's own unless given.</param>
    public static Random Seeded(ITestOutputHelper? output = null) => Seeded(out _, output);

    /// <summary>The same, for those who name the seed in their failures.</summary>
    public static Random Seeded(out int seed, ITestOutputHelper? output = null)
    {
        seed = int.TryParse(Environment.GetEnvironmentVariable("EXEUNT_TEST_SEED"), out var given) ? given : Random.Shared.Next();
        (output ?? TestContext.Current.TestOutputHelper)?.WriteLine($"EXEUNT_TEST_SEED={seed}");
        return new(seed);
    }

    /// <summary>Starts all of them at once and waits for all.</summary>
    public static async Task<T[]> AtOnceAsync<T>(IEnumerable<Func<Task<T>>> runners)
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = runners.Select(async runner =>
        {
            await gate.Task;
            return await runner();
        }).ToArray();
        gate.SetResult();
        return await Task.WhenAll(running);
    }

    extension(Random random)
    {
        /// <summary>One of them.</summary>
        public T Pick<T>(IReadOnlyList<T> from) => from[random.Next(from.Count)];

        /// <summary>True so often.</summary>
        public bool Chance(double probability) => random.NextDouble() < probability;
    }
}
