using System.Diagnostics;
using Exeunt.LoadBench.Load;
using Exeunt.LoadBench.Prepared;
using Exeunt.LoadBench.Processes;
using Exeunt.LoadBench.Results;

namespace Exeunt.LoadBench.Measures;

/// <summary>From asking for a process to the first refusal of a token whose session ended before: an API whose server is away and whose guard has only its file.</summary>
internal static class GuardStart
{
    private const int PromisedMilliseconds = 1000;

    public static async Task<Findings> MeasureAsync(Bench bench, Programs programs)
    {
        bench.Say("A guard's start on its file");
        using var folder = new GuardedFolder(bench);
        var (took, right) = (new List<double>(), true);
        for (var start = 0; start <= bench.Rounds; start++)
        {
            await using var api = await folder.StartAsync(programs, "guarded");
            var since = api.UntilReady;
            var asked = Stopwatch.GetTimestamp();
            using var connection = Connection.Open(api.Address);
            var refused = connection.Ask(Requests.Get("/", folder.Ended[start])).Status == 401;
            if (start > 0) took.Add((since + Stopwatch.GetElapsedTime(asked)).TotalMilliseconds); // the first reads the program from the disk

            right &= refused && connection.Ask(Requests.Get("/", folder.Live[start])).Status == 200 && folder.Ended.All(token => connection.Ask(Requests.Get("/", token)).Status == 401);
        }

        var spread = Spread.Of(took);
        return new(
            [],
            [
                new($"A guard enforces from its file of {GuardedFolder.Revocations:N0} endings within {PromisedMilliseconds} ms of its start", spread.Most <= PromisedMilliseconds,
                    $"{spread.Most:N0} ms at most, server away"),
                new("What the file says is enforced, and nothing else", right, $"{folder.Ended.Count:N0} refused, {took.Count + 1} accepted"),
            ],
            [new($"Start of an API whose guard has a file of {GuardedFolder.Revocations:N0} endings, until its first refusal", spread, "ms")]);
    }
}
