using Exeunt.LoadBench.Prepared;
using Exeunt.LoadBench.Processes;
using Exeunt.LoadBench.Results;

namespace Exeunt.LoadBench.Measures;

/// <summary>What the server takes of a machine when it has nothing to do: memory beside that of an empty app, memory of a million endings, and room on the disk.</summary>
internal static class Footprint
{
    private const int Revocations = 1_000_000;
    private const int Sessions = 200_000;
    private const int PromisedMebibytes = 24;
    private const double Mebibyte = 1024 * 1024;
    private const int MostRounds = 3; // a round takes a minute, and they hardly differ
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(15); // by then it has given back what only its start needed

    public static async Task<Findings> MeasureAsync(Bench bench, Programs programs)
    {
        bench = bench with { Rounds = Math.Min(bench.Rounds, MostRounds) };
        bench.Say("Footprint: preparing");
        using var nothing = new DataFolder(bench.Folder);
        using var many = new DataFolder(bench.Folder);
        var bare = await SizeAfterAsync(nothing, _ => Task.CompletedTask);
        var sessions = await SizeAfterAsync(many, kernel => Multitude.AddSessionsAsync(kernel.Store, Sessions));
        var revocations = await SizeAfterAsync(many, kernel => Multitude.AddRevocationsAsync(kernel.Store, Revocations));

        var (server, empty, loaded) = (new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round <= bench.Rounds; round++)
        {
            bench.Say($"Footprint: {bench.Name(round)}");
            var (one, other, third) = (await MemoryAsync(() => programs.ServeAsync(nothing)), await MemoryAsync(programs.ServeEmptyAsync), await MemoryAsync(() => programs.ServeAsync(many)));
            if (round == 0) continue; // the files come from the disk this once
            server.Add(one);
            empty.Add(other);
            loaded.Add(third);
        }

        var added = Spread.Of(loaded.Zip(server, (with, without) => with - without));
        return new(
            [
                new("Memory of an idle server ÷ empty ASP.NET Core app", Spread.OfRatios(server, empty), new(AtMost: true, 1.3),
                    $"{Spread.Of(server).Median:0.0} MiB", $"{Spread.Of(empty).Median:0.0} MiB"),
            ],
            [new($"{Revocations:N0} revocations and {Sessions:N0} sessions add at most {PromisedMebibytes} MiB to an idle server", added.Median <= PromisedMebibytes, $"{added.Median:0.0} MiB")],
            [
                new($"Memory of an idle server with {Revocations:N0} revocations", Spread.Of(loaded), "MiB"),
                new("Room on the disk for a session, SQLite", Spread.Of([(double)(sessions - bare) / Sessions]), "B"),
                new("Room on the disk for a revocation, SQLite", Spread.Of([(double)(revocations - sessions) / Revocations]), "B"),
            ]);
    }

    // Closed, the database is one file: what stood in the write-ahead log has gone into it.
    private static async Task<long> SizeAfterAsync(DataFolder folder, Func<Kernel, Task> write)
    {
        await using (var kernel = await Kernel.OpenAsync(folder)) await write(kernel);
        return new DirectoryInfo(folder.Path).EnumerateFiles(Path.GetFileName(folder.Database) + "*").Sum(file => file.Length);
    }

    private static async Task<double> MemoryAsync(Func<Task<ServerProcess>> start)
    {
        await using var server = await start();
        await server.SettleAsync();
        await Task.Delay(Idle); // what it takes when it has nothing to do, and not while it has just begun
        await server.SettleAsync();
        return server.ResidentMemory / Mebibyte;
    }
}
