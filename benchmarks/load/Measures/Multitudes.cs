using System.Text.Json;
using Exeunt.LoadBench.Load;
using Exeunt.LoadBench.Prepared;
using Exeunt.LoadBench.Processes;
using Exeunt.LoadBench.Results;

namespace Exeunt.LoadBench.Measures;

/// <summary>A logout and an authenticated request among a million live sessions and a million revocations, against the same among a thousand; in turns.</summary>
internal static class Multitudes
{
    private const int Many = 1_000_000;
    private const int Few = 1000;
    private const int Logouts = 500;
    private const int Reads = 10_000;
    private const int ReadsInFlight = 16;

    public static async Task<Findings> MeasureAsync(Bench bench, Databases databases, Lazy<Task<Programs>> programs)
    {
        var findings = Findings.None;
        foreach (var database in await databases.NamesAsync()) findings += await MeasureAsync(bench, databases, database, await programs.Value);
        return await databases.HasPostgresAsync() ? findings : findings + Findings.WithoutPostgres("A million sessions and revocations on PostgreSQL");
    }

    private static async Task<Findings> MeasureAsync(Bench bench, Databases databases, string database, Programs programs)
    {
        var many = bench.Scaled(Many);
        bench.Say($"{many:N0} sessions and revocations, {database}: preparing");
        await using var large = await Side.StartAsync(bench, await databases.NewAsync(database), many, programs);
        await using var small = await Side.StartAsync(bench, await databases.NewAsync(database), Few, programs);
        var rounds = new List<(Round Large, Round Small)>();
        for (var round = 0; round <= bench.Rounds; round++)
        {
            bench.Say($"{many:N0} sessions and revocations, {database}: {bench.Name(round)}");

            // In turns, so that neither is always the one after the other.
            var (first, second) = round % 2 == 0 ? (large, small) : (small, large);
            var (one, other) = (await first.RunAsync(), await second.RunAsync());
            if (round > 0) rounds.Add(round % 2 == 0 ? (one, other) : (other, one));
        }

        var among = $"among {many:N0} live sessions and revocations ÷ among {Few:N0}, {database}";
        return new(
            [
                Compare($"Logout {among}", 1.2, round => round.Logouts, "1 in flight"),
                Compare($"Authenticated request {among}", 1.1, round => round.Reads, $"{ReadsInFlight} in flight"),
            ],
            [],
            []);

        // Rates upside down: what is promised is how much longer it takes.
        RatioResult Compare(string name, double bound, Func<Round, Pace> of, string load)
        {
            var (ofLarge, ofSmall) = (rounds.ConvertAll(round => of(round.Large).PerSecond), rounds.ConvertAll(round => of(round.Small).PerSecond));
            return new(name, Spread.OfRatios(ofSmall, ofLarge), new(AtMost: true, bound), $"{Spread.Of(ofLarge).Median:N0}/s, {load}", $"{Spread.Of(ofSmall).Median:N0}/s, {load}");
        }
    }

    private sealed record Round(Pace Logouts, Pace Reads);

    private sealed class Side(Bench bench, DataFolder folder, ServerProcess server, IReadOnlyList<string> tokens) : IAsyncDisposable
    {
        private int used;

        public static async Task<Side> StartAsync(Bench bench, DataFolder folder, int size, Programs programs)
        {
            Account account;
            await using (var kernel = await Kernel.OpenAsync(folder))
            {
                await Multitude.AddSessionsAsync(kernel.Store, size);
                await Multitude.AddRevocationsAsync(kernel.Store, size);
                account = await kernel.AddAccountAsync((bench.Scaled(Logouts) + 1) * (bench.Rounds + 1));
            }

            if (folder.Postgres is { } postgres) await PostgresServer.AskAsync<object>(postgres, "vacuum analyze"); // as the server itself does it, a minute later
            return new(bench, folder, await programs.ServeAsync(folder), account.RefreshTokens);
        }

        public async Task<Round> RunAsync()
        {
            var access = AccessToken(tokens[used++]);
            byte[][] logouts = [.. tokens.Skip(used).Take(bench.Scaled(Logouts)).Select(Requests.Logout)];
            used += logouts.Length;
            return new(
                await ClosedLoop.RunAsync(server.Address, logouts, 1, answer => answer.Status == 200),
                await ClosedLoop.RunAsync(
                    server.Address, [.. Enumerable.Repeat(Requests.Get("/api/v1/users/me", access), bench.Scaled(Reads))], ReadsInFlight, answer => answer.Status == 200));
        }

        public async ValueTask DisposeAsync()
        {
            await server.DisposeAsync();
            folder.Dispose();
        }

        private string AccessToken(string refreshToken)
        {
            using var connection = Connection.Open(server.Address);
            var answer = connection.Ask(Requests.Refresh(refreshToken));
            using var body = JsonDocument.Parse(answer.Body);
            return body.RootElement.GetProperty("access_token").GetString()!;
        }
    }
}
