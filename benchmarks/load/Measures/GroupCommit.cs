using Exeunt.LoadBench.Load;
using Exeunt.LoadBench.Prepared;
using Exeunt.LoadBench.Results;
using Exeunt.Revocations;

namespace Exeunt.LoadBench.Measures;

/// <summary>Logouts at the ledger, grouped as in the product against a commit for each, on the same rows of the same database.</summary>
internal static class GroupCommit
{
    public const int Many = 64;

    private const int GroupedLogouts = 12_000;
    private const int SingleLogouts = 2_000;
    private const int AloneLogouts = 500;

    public static async Task<Findings> MeasureAsync(Bench bench, Databases databases)
    {
        var findings = Findings.None;
        foreach (var database in await databases.NamesAsync()) findings += await MeasureAsync(bench, databases, database);
        return findings;
    }

    private static async Task<Findings> MeasureAsync(Bench bench, Databases databases, string database)
    {
        bench.Say($"Group commit at the ledger, {database}: preparing");
        using var folder = await databases.NewAsync(database);
        await using var kernel = await Kernel.OpenAsync(folder);
        var rounds = new List<(Pace Grouped, Pace Single, Pace Alone, Pace AloneSingle)>();
        for (var round = 0; round <= bench.Rounds; round++)
        {
            bench.Say($"Group commit at the ledger, {database}: {bench.Name(round)}");
            var measured = (
                await RunAsync(kernel.Grouping, GroupedLogouts, Many), await RunAsync(kernel.OneCommitEach, SingleLogouts, Many),
                await RunAsync(kernel.Grouping, AloneLogouts, 1), await RunAsync(kernel.OneCommitEach, AloneLogouts, 1));
            if (round > 0) rounds.Add(measured);
        }

        return Comparison.Of($"at the ledger, {database}", rounds);

        async Task<Pace> RunAsync(Revoker door, int logouts, int inFlight)
        {
            var account = await kernel.AddAccountAsync(bench.Scaled(logouts));
            return await ClosedLoop.RunAsync(account.Sessions.Count, inFlight, (_, i) => Kernel.EndAsync(door, account.Sessions[i]));
        }
    }

    /// <summary>What both ways of measuring it tell.</summary>
    public static class Comparison
    {
        public static Findings Of(string where, IReadOnlyList<(Pace Grouped, Pace Single, Pace Alone, Pace AloneSingle)> rounds)
        {
            var grouped = rounds.Select(round => round.Grouped.PerSecond).ToArray();
            var single = rounds.Select(round => round.Single.PerSecond).ToArray();
            var alone = rounds.Select(round => round.Alone.PerSecond).ToArray();
            var aloneSingle = rounds.Select(round => round.AloneSingle.PerSecond).ToArray();
            return new(
                [
                    new($"Group commit ÷ one commit each, {Many} in flight {where}", Spread.OfRatios(grouped, single), new(AtMost: false, 5),
                        $"{Spread.Of(grouped).Median:N0}/s", $"{Spread.Of(single).Median:N0}/s"),
                    new($"Group commit ÷ one commit each, 1 in flight {where}", Spread.OfRatios(alone, aloneSingle), new(AtMost: false, 0.9),
                        $"{Spread.Of(alone).Median:N0}/s", $"{Spread.Of(aloneSingle).Median:N0}/s"),
                ],
                [],
                [
                    Figure.OfRate($"Logouts {where}, {Many} in flight, grouped", rounds.Select(round => round.Grouped)),
                    Figure.OfRate($"Logouts {where}, {Many} in flight, one commit each", rounds.Select(round => round.Single)),
                ]);
        }
    }
}
