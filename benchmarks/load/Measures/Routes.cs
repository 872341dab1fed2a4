using System.Text.Json;
using Exeunt.LoadBench.Load;
using Exeunt.LoadBench.Prepared;
using Exeunt.LoadBench.Processes;
using Exeunt.LoadBench.Results;

namespace Exeunt.LoadBench.Measures;

/// <summary>How many of its everyday requests the published server answers, beside what Kestrel answers when there is nothing to do.</summary>
internal static class Routes
{
    private const int PromisedMilliseconds = 100; // what the contracts promise their clients
    private const int Reads = 10_000;
    private const int Writes = 4000;
    private const int Alone = 500;

    public static async Task<Findings> MeasureAsync(Bench bench, Programs programs)
    {
        bench.Say("Routes: preparing");
        using var folder = new DataFolder(bench.Folder);
        Account account;
        await using (var kernel = await Kernel.OpenAsync(folder))
            account = await kernel.AddAccountAsync(((bench.Scaled(Writes) * 3) + bench.Scaled(Alone)) * (bench.Rounds + 1));
        await using var server = await programs.ServeAsync(folder);
        await using var empty = await programs.ServeEmptyAsync();

        var used = 0;
        var paces = new Dictionary<string, List<Pace>>();
        for (var round = 0; round <= bench.Rounds; round++)
        {
            bench.Say(round == 0 ? "Routes: warming up" : $"Routes: round {round} of {bench.Rounds}");
            await RunAsync("Logout, 1 in flight", server, Next(Alone).Select(Requests.Logout), 1);
            await RunAsync("Logout, 16 in flight", server, Next(Writes).Select(Requests.Logout), 16);
            await RunAsync("Logout, 64 in flight", server, Next(Writes).Select(Requests.Logout), 64);

            var refreshed = Next(Writes);
            await RunAsync("Refresh, 16 in flight", server, refreshed.Select(Requests.Refresh), 16);
            var access = AccessToken(server, refreshed[0]);
            await RunAsync("Authenticated request, 16 in flight", server, Enumerable.Repeat(Requests.Get("/api/v1/users/me", access), bench.Scaled(Reads)), 16);
            await RunAsync("Empty app, 16 in flight", empty, Enumerable.Repeat(Requests.Get("/"), bench.Scaled(Reads)), 16);

            async Task RunAsync(string name, ServerProcess at, IEnumerable<byte[]> requests, int inFlight)
            {
                var pace = await ClosedLoop.RunAsync(at.Address, [.. requests], inFlight, answer => answer.Status == 200);
                if (!paces.TryGetValue(name, out var known)) paces.Add(name, known = []);
                if (round > 0) known.Add(pace);
            }
        }

        var slowest = paces["Logout, 1 in flight"].Max(pace => pace.P99);
        return new(
            [],
            [new($"99 of 100 logouts are answered within {PromisedMilliseconds} ms", slowest < PromisedMilliseconds, $"{slowest:0.00} ms in the slowest round, 1 in flight")],
            [.. paces.Select(of => Figure.OfRate(of.Key, of.Value))]);

        IReadOnlyList<string> Next(int amount)
        {
            string[] tokens = [.. account.RefreshTokens.Skip(used).Take(bench.Scaled(amount))];
            used += tokens.Length;
            return tokens;
        }
    }

    private static string AccessToken(ServerProcess server, string refreshToken)
    {
        using var connection = Connection.Open(server.Address);
        var answer = connection.Ask(Requests.Refresh(refreshToken));
        using var body = JsonDocument.Parse(answer.Body);
        return body.RootElement.GetProperty("access_token").GetString()!;
    }
}
