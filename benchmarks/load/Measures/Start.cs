using Exeunt.LoadBench.Prepared;
using Exeunt.LoadBench.Processes;
using Exeunt.LoadBench.Results;

namespace Exeunt.LoadBench.Measures;

/// <summary>From asking for a process to the first 200: the server on a database with a history, against an empty app; in turns.</summary>
internal static class Start
{
    private const int Sessions = 5000;
    private const int Ended = 2000;
    private const int StartsPerRound = 5;

    public static async Task<Findings> MeasureAsync(Bench bench, Programs programs)
    {
        bench.Say("Start: preparing a database");
        using var folder = new DataFolder(bench.Folder);
        await using (var kernel = await Kernel.OpenAsync(folder))
        {
            var account = await kernel.AddAccountAsync(Sessions);
            foreach (var session in account.Sessions.Take(Ended)) await Kernel.EndAsync(kernel.Grouping, session);
        }

        var (server, empty) = (new List<double>(), new List<double>());
        for (var round = 0; round <= bench.Rounds * StartsPerRound; round++)
        {
            if (round % StartsPerRound == 0) bench.Say($"Start: {round} of {bench.Rounds * StartsPerRound}");
            var (one, other) = (await TimeAsync(() => programs.ServeAsync(folder)), await TimeAsync(programs.ServeEmptyAsync));
            if (round == 0) continue; // the files come from the disk this once
            server.Add(one);
            empty.Add(other);
        }

        return new(
            [
                new("Start until /readyz answers 200 ÷ empty ASP.NET Core app", Spread.OfRatios(server, empty), new(AtMost: true, 1.5),
                    $"{Spread.Of(server).Median:N0} ms", $"{Spread.Of(empty).Median:N0} ms"),
            ],
            [],
            [new("Start of the server", Spread.Of(server), "ms"), new("Start of the empty app", Spread.Of(empty), "ms")]);
    }

    private static async Task<double> TimeAsync(Func<Task<ServerProcess>> start)
    {
        await using var server = await start();
        return server.UntilReady.TotalMilliseconds;
    }
}
