using Exeunt.LoadBench.Load;
using Exeunt.LoadBench.Peers;
using Exeunt.LoadBench.Prepared;
using Exeunt.LoadBench.Processes;
using Exeunt.LoadBench.Results;

namespace Exeunt.LoadBench.Measures;

/// <summary>Exeunt on each of its databases beside what teams run today: the same jobs by the same driver on the same machine, all of them in turns in every round.</summary>
internal static class SideBySide
{
    public static async Task<Findings> MeasureAsync(Bench bench, Databases databases, Programs programs)
    {
        var amounts = new Amounts(bench);
        await using var field = await Field.StartAsync(amounts, databases, programs);
        await using var empty = await programs.ServeEmptyAsync();
        var checks = await TryAsync(bench, field);
        var turns = field.Contenders.ToDictionary(contender => contender, _ => new List<Turn>());
        var nothing = new List<Pace>();
        for (var round = 0; round <= amounts.Rounds; round++)
        {
            bench.Say(round == 0 ? "Side by side: warming up" : $"Side by side: round {round} of {amounts.Rounds}");
            var pace = await ClosedLoop.RunAsync(empty.Address, [.. Enumerable.Repeat(Requests.Get("/"), amounts.Requests)], Turn.Many, answer => answer.Status == 200);
            if (round > 0) nothing.Add(pace);

            // Not always the same one after the same other.
            foreach (var contender in round % 2 == 0 ? field.Contenders : field.Contenders.Reverse())
            {
                var turn = await Turn.RunAsync(contender, amounts);
                if (round > 0) turns[contender].Add(turn);
            }
        }

        return new Comparison(turns, nothing).ToFindings() + new Findings([], checks, []) { Skipped = field.Skipped };
    }

    private static async Task<IReadOnlyList<Check>> TryAsync(Bench bench, Field field)
    {
        bench.Say("Side by side: trying whether all of them are right");
        var checks = new List<Check>();
        foreach (var contender in field.Contenders.ToArray())
        {
            var fault = Trial.Fault(contender, field.Password);
            checks.Add(new($"{contender.Name} does the jobs: lets in, refreshes, and refuses after a logout", fault is null, fault ?? "every answer right"));
            if (fault is not null) await field.LeaveOutAsync(contender);
        }

        return checks;
    }
}
