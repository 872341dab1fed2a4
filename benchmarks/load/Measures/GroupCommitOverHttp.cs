using Exeunt.LoadBench.Load;
using Exeunt.LoadBench.Prepared;
using Exeunt.LoadBench.Processes;
using Exeunt.LoadBench.Results;

namespace Exeunt.LoadBench.Measures;

/// <summary>The same comparison as <see cref="GroupCommit"/> as clients see it: two servers that differ in nothing else, in turns.</summary>
internal static class GroupCommitOverHttp
{
    private const int GroupedLogouts = 8000;
    private const int SingleLogouts = 2000;
    private const int AloneLogouts = 500;
    private const int WarmUps = 2; // after one, the busiest methods are still being compiled for speed on the cores that are measured

    public static async Task<Findings> MeasureAsync(Bench bench, Databases databases)
    {
        var findings = Findings.None;
        foreach (var database in await databases.NamesAsync()) findings += await MeasureAsync(bench, databases, database);
        return await databases.HasPostgresAsync() ? findings : findings + Findings.WithoutPostgres("Group commit on PostgreSQL, at the ledger and over HTTP");
    }

    private static async Task<Findings> MeasureAsync(Bench bench, Databases databases, string database)
    {
        bench.Say($"Group commit over HTTP, {database}: preparing");
        await using var grouping = await Side.StartAsync(bench, await databases.NewAsync(database), Variant.Grouping);
        await using var single = await Side.StartAsync(bench, await databases.NewAsync(database), Variant.OneCommitEach);
        var rounds = new List<(Pace Grouped, Pace Single, Pace Alone, Pace AloneSingle)>();
        for (var round = 1 - WarmUps; round <= bench.Rounds; round++)
        {
            bench.Say($"Group commit over HTTP, {database}: {bench.Name(round)}");
            var (many, manySingle) = (await grouping.RunAsync(GroupedLogouts, GroupCommit.Many), await single.RunAsync(SingleLogouts, GroupCommit.Many));

            // In turns, so that neither is always the one after the other.
            var (first, second) = round % 2 == 0 ? (grouping, single) : (single, grouping);
            var (one, other) = (await first.RunAsync(AloneLogouts, 1), await second.RunAsync(AloneLogouts, 1));
            var (alone, aloneSingle) = round % 2 == 0 ? (one, other) : (other, one);
            var measured = (many, manySingle, alone, aloneSingle);
            if (round > 0) rounds.Add(measured);
        }

        return GroupCommit.Comparison.Of($"over HTTP, {database}", rounds);
    }

    private sealed class Side(Bench bench, DataFolder folder, ServerProcess server, IReadOnlyList<string> tokens) : IAsyncDisposable
    {
        private int used;

        public static async Task<Side> StartAsync(Bench bench, DataFolder folder, int largestBatch)
        {
            Account account;
            await using (var kernel = await Kernel.OpenAsync(folder))
            {
                // As many for the side that uses fewer: a larger table is slower to write.
                account = await kernel.AddAccountAsync((bench.Scaled(GroupedLogouts) + bench.Scaled(AloneLogouts)) * (bench.Rounds + WarmUps));
            }

            return new(bench, folder, await Variant.StartAsync(folder, largestBatch), account.RefreshTokens);
        }

        public Task<Pace> RunAsync(int logouts, int inFlight)
        {
            byte[][] requests = [.. tokens.Skip(used).Take(bench.Scaled(logouts)).Select(Requests.Logout)];
            used += requests.Length;
            return ClosedLoop.RunAsync(server.Address, requests, inFlight, answer => answer.Status == 200);
        }

        public async ValueTask DisposeAsync()
        {
            await server.DisposeAsync();
            folder.Dispose();
        }
    }
}
