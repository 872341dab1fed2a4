using System.Diagnostics;
using System.Text.Json;
using Exeunt.LoadBench.Load;
using Exeunt.LoadBench.Prepared;
using Exeunt.LoadBench.Processes;
using Exeunt.LoadBench.Results;

namespace Exeunt.LoadBench.Measures;

/// <summary>Three published servers on one PostgreSQL database: how long after an ending was answered by one the two others still let its session in.</summary>
internal static class ThreeNodes
{
    private const int Nodes = 3;
    private const int Endings = 400;
    private const int PromisedMilliseconds = 50;

    public static async Task<Findings> MeasureAsync(Bench bench, Databases databases, Lazy<Task<Programs>> programs)
    {
        const string What = "An ending on one node until two others refuse its session";
        if (!await databases.HasPostgresAsync()) return Findings.WithoutPostgres(What);

        bench.Say("Three nodes: preparing");
        var folders = await databases.NewNodesAsync(Nodes);
        List<ServerProcess> servers = [];
        try
        {
            Account account;
            await using (var kernel = await Kernel.OpenAsync(folders[0])) account = await kernel.AddAccountAsync(bench.Scaled(Endings) * (bench.Rounds + 1));
            foreach (var folder in folders) servers.Add(await (await programs.Value).ServeAsync(folder));
            foreach (var server in servers) await WarmUp.RunAsync(server.Address);

            var rounds = new List<Pace>();
            foreach (var (round, tokens) in account.RefreshTokens.Chunk(bench.Scaled(Endings)).Index())
            {
                bench.Say($"Three nodes: {bench.Name(round)}");
                var pace = Run(servers, tokens);
                if (round > 0) rounds.Add(pace);
            }

            var (half, most) = (Spread.Of(rounds.Select(pace => pace.P50)), Spread.Of(rounds.Select(pace => pace.P99)));
            return new(
                [],
                [new($"{What}: p99 within {PromisedMilliseconds} ms of its answer", most.Median <= PromisedMilliseconds, $"p50 {half.Median:0.00} ms, p99 {most.Median:0.00} ms")],
                [new(What, half, "ms", $"p50 {half.Median:0.00} ms, p99 {most.Median:0.00} ms ({most.Least:0.00}–{most.Most:0.00})")]);
        }
        finally
        {
            foreach (var server in servers) await server.DisposeAsync();
            foreach (var folder in folders) folder.Dispose();
        }
    }

    private static Pace Run(List<ServerProcess> servers, string[] tokens)
    {
        var connections = servers.ConvertAll(server => Connection.Open(server.Address));
        try
        {
            var (took, started) = (new long[tokens.Length], Stopwatch.GetTimestamp());
            for (var i = 0; i < tokens.Length; i++)
            {
                var request = Requests.Get("/api/v1/users/me", AccessToken(connections[0], tokens[i]));
                foreach (var connection in connections) Refusal.Expect(connection.Ask(request), 200); // at home on each

                Refusal.Expect(connections[i % Nodes].Ask(Requests.Logout(tokens[i])), 200); // each is the one that ends in its turn
                var answered = Stopwatch.GetTimestamp();
                foreach (var other in connections.Where((_, at) => at != i % Nodes)) Refusal.Await(() => other.Ask(request));
                took[i] = Stopwatch.GetTimestamp() - answered;
            }

            return Pace.Of(tokens.Length, Stopwatch.GetElapsedTime(started), took);
        }
        finally
        {
            foreach (var connection in connections) connection.Dispose();
        }
    }

    private static string AccessToken(Connection node, string refreshToken)
    {
        var answer = node.Ask(Requests.Refresh(refreshToken));
        Refusal.Expect(answer, 200);
        using var body = JsonDocument.Parse(answer.Body);
        return body.RootElement.GetProperty("access_token").GetString()!;
    }
}
