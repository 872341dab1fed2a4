using System.Diagnostics;
using System.Text.Json;
using Exeunt.LoadBench.Load;
using Exeunt.LoadBench.Prepared;
using Exeunt.LoadBench.Processes;
using Exeunt.LoadBench.Results;

namespace Exeunt.LoadBench.Measures;

/// <summary>Logging out everywhere with ten thousand sessions against doing it with one, in turns.</summary>
internal static class LogoutAll
{
    private const int PromisedMilliseconds = 200; // what the contract promises its clients
    private const int Many = 10_000;
    private const int PairsPerRound = 2;

    public static async Task<Findings> MeasureAsync(Bench bench, Programs programs) =>
        await AtTheLedgerAsync(bench) + await OverHttpAsync(bench, programs);

    // No jobs run here, so that what the log grows by is the ending's alone.
    private static async Task<Findings> AtTheLedgerAsync(Bench bench)
    {
        bench.Say("Logout-all at the ledger");
        using var folder = new DataFolder(bench.Folder);
        await using var kernel = await Kernel.OpenAsync(folder);
        List<Account> large = [], small = [];
        for (var pair = 0; pair <= bench.Rounds; pair++)
        {
            large.Add(await kernel.AddAccountAsync(Many));
            small.Add(await kernel.AddAccountAsync(1));
        }

        List<double> ofMany = [], ofOne = [], msOfMany = [], msOfOne = [];
        var (counted, revocations) = (true, true);
        for (var pair = 0; pair <= bench.Rounds; pair++)
        {
            var ((many, msMany), (one, msOne)) = (await CostOfAsync(large[pair], Many), await CostOfAsync(small[pair], 1));
            if (pair == 0) continue; // the first goes to the beginning of the log, over what preparing wrote
            ofMany.Add(many);
            ofOne.Add(one);
            msOfMany.Add(msMany);
            msOfOne.Add(msOne);
        }

        return new(
            [
                new("Logout-all of 10 000 sessions ÷ of 1: time at the ledger", Spread.OfRatios(msOfMany, msOfOne), new(AtMost: true, 4),
                    $"{Spread.Of(msOfMany).Median:0.00} ms", $"{Spread.Of(msOfOne).Median:0.00} ms"),
                new("Logout-all of 10 000 sessions ÷ of 1: bytes written", Spread.OfRatios(ofMany, ofOne), new(AtMost: true, 1.25),
                    $"{Spread.Of(ofMany).Median:N0} B", $"{Spread.Of(ofOne).Median:N0} B"),
            ],
            [
                new("Logout-all at the ledger: the count is true", counted, $"{Many:N0} and 1"),
                new("Logout-all writes one revocation", revocations, "for 10,000 as for 1"),
            ],
            []);

        async Task<(double Bytes, double Milliseconds)> CostOfAsync(Account account, long sessions)
        {
            var (log, place) = (folder.LogFrames(), await kernel.RevocationsAsync());
            var started = Stopwatch.GetTimestamp();
            counted &= await kernel.EndAllAsync(account) == sessions;
            var took = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            revocations &= await kernel.RevocationsAsync() == place + 1;
            return (folder.LogFrames() - log, took);
        }
    }

    private static async Task<Findings> OverHttpAsync(Bench bench, Programs programs)
    {
        bench.Say("Logout-all over HTTP: preparing");
        var pairs = (bench.Rounds * PairsPerRound) + 2;
        using var folder = new DataFolder(bench.Folder);
        List<Account> large = [], small = [];
        await using (var kernel = await Kernel.OpenAsync(folder))
        {
            for (var pair = 0; pair < pairs; pair++)
            {
                large.Add(await kernel.AddAccountAsync(Many));
                small.Add(await kernel.AddAccountAsync(1));
            }
        }

        await using var server = await programs.ServeAsync(folder);
        using var connection = Connection.Open(server.Address);
        await WarmUp.RunAsync(server.Address);
        List<double> ofMany = [], ofOne = [];
        for (var pair = 0; pair < pairs; pair++)
        {
            bench.Say($"Logout-all over HTTP: {pair + 1} of {pairs}");
            // In turns, so that neither is always the one after the other.
            var (first, second) = pair % 2 == 0 ? (large[pair], small[pair]) : (small[pair], large[pair]);
            var (one, other) = (await TimeAsync(first), await TimeAsync(second));
            if (pair < 2) continue;
            ofMany.Add(pair % 2 == 0 ? one : other);
            ofOne.Add(pair % 2 == 0 ? other : one);
        }

        return new(
            [new("Logout-all of 10 000 sessions ÷ of 1: time over HTTP", Spread.OfRatios(ofMany, ofOne), new(AtMost: true, 4),
                $"{Spread.Of(ofMany).Median:0.00} ms", $"{Spread.Of(ofOne).Median:0.00} ms")],
            [
                new("Logout-all over HTTP: the count is true", true, $"{Many:N0} and 1, {pairs} times"),
                new($"Logout-all of {Many:N0} sessions is answered within {PromisedMilliseconds} ms", Spread.Of(ofMany).Most < PromisedMilliseconds,
                    $"{Spread.Of(ofMany).Most:0.00} ms at most"),
            ],
            [new("Logout-all of 10 000 sessions", Spread.Of(ofMany), "ms"), new("Logout-all of 1 session", Spread.Of(ofOne), "ms")]);

        async Task<double> TimeAsync(Account account)
        {
            var refreshed = connection.Ask(Requests.Refresh(account.RefreshTokens[0]));
            var access = JsonDocument.Parse(refreshed.Body).RootElement.GetProperty("access_token").GetString()!;
            var request = Requests.LogoutAll(access);
            await QuietAsync(server);

            var sent = Stopwatch.GetTimestamp();
            var answer = connection.Ask(request);
            var took = Stopwatch.GetElapsedTime(sent).TotalMilliseconds;

            var ended = answer.Status == 200 ? JsonDocument.Parse(answer.Body).RootElement.GetProperty("revoked_sessions").GetInt64() : -1;
            if (ended != account.Sessions.Count) throw new InvalidDataException($"{ended} sessions ended of {account.Sessions.Count}; the answer was {answer.Status}.");
            return took;
        }
    }

    // The rows that a cut-off covers are marked afterwards, in batches; the next measurement begins when that is over.
    private static async Task QuietAsync(ServerProcess server)
    {
        const int Looks = 5;
        for (var (written, still) = (server.BytesWritten(), 0); still < Looks; still++)
        {
            await Task.Delay(50);
            if (server.BytesWritten() is var now && now == written) continue;
            (written, still) = (now, -1);
        }
    }
}
