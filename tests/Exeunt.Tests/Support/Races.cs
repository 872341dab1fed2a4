namespace Exeunt.Tests.Support;

/// <summary>Randomised rounds whose seed is printed, so that a failure can be run again: <c>EXEUNT_TEST_SEED=n</c>.</summary>
internal static class Races
{
    /// <summary>Whether the long form of the tests was asked for.</summary>
    public static bool Long => Environment.GetEnvironmentVariable("EXEUNT_TEST_LONG") == "1";

    /// <summary>Randomness of a new or a given seed.</summary>
    public static Random Seeded(ITestOutputHelper output)
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("EXEUNT_TEST_SEED"), out var given) ? given : Random.Shared.Next();
        output.WriteLine($"EXEUNT_TEST_SEED={seed}");
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
}
