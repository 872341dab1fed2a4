using Exeunt.LoadBench.Load;
using Exeunt.LoadBench.Prepared;
using Exeunt.LoadBench.Processes;
using Exeunt.LoadBench.Results;

namespace Exeunt.LoadBench.Measures;

/// <summary>
/// One endpoint of a small API: open; with its tokens verified; behind the guard with a million endings in force; and asking Redis or PostgreSQL about every
/// request instead. All sides are the same program, each in a process of its own, and take turns many times in every round.
/// </summary>
internal static class Guarded
{
    private const int Many = 64;
    private const int Starts = 3; // for each round of the bench
    private const int WarmUps = 2; // by then nothing is compiled any more
    private const int Slices = 10; // a start is cut into so many turns of each side: what disturbs the machine for a while disturbs all of them
    private const int SlicesAlone = 4 * Slices; // one request at a time is mostly waking up, which takes as long as a connection happens to be placed on the cores: many more and shorter turns
    private const int RequestsOfMany = 4000; // of one slice
    private const int RequestsAlone = 400;

    private static readonly Side Open = new("open", "Open endpoint");
    private static readonly Side Verified = new("verified", "Token verified, nobody asked");
    private static readonly Side Behind = new("guarded", $"Behind the guard, {GuardedFolder.Revocations:N0} endings");
    private static readonly Side Redis = new("redis", "Token verified, Redis GET each");
    private static readonly Side Postgres = new("postgres", "Token verified, PostgreSQL query each");

    public static async Task<Findings> MeasureAsync(Bench bench, Databases databases, Programs programs)
    {
        bench.Say("The guard: preparing");
        using var folder = new GuardedFolder(bench);
        await using var redis = await RedisServer.StartAsync(bench, durable: false);
        if (redis is not null) await redis.FillAsync(GuardedFolder.Revocations, folder.EndedSessions);
        using var database = await databases.HasPostgresAsync() ? await FillAsync(databases, folder.EndedSessions) : null;
        await using var asking = new Servers(programs, folder);
        if (redis is not null) await asking.StartAsync(Redis, $"{redis.Port}");
        if (database is not null) await asking.StartAsync(Postgres, database.Postgres!);
        return await MeasureAsync(bench, programs, folder, asking) with
        {
            Skipped =
            [
                .. redis is null ? ["A Redis GET for each request: Redis is not installed"] : Array.Empty<string>(),
                .. database is null ? ["A PostgreSQL query for each request: PostgreSQL is not installed"] : Array.Empty<string>(),
            ],
        };
    }

    private static async Task<Findings> MeasureAsync(Bench bench, Programs programs, GuardedFolder folder, Servers asking)
    {
        var random = new Random(1);
        byte[][] known = [.. folder.Live.Select(token => Requests.Get("/", token))];
        var found = new Dictionary<Side, Seen>();
        await RoundAsync(asking, counts: false);
        for (var round = 1; round <= bench.Rounds; round++)
        {
            bench.Say($"The guard: {bench.Name(round)}");
            for (var start = 0; start < Starts; start++)
            {
                // How fast a process is depends on where its code and its data came to lie, by a few percent and for as long as it runs. So each ratio is of new ones.
                await using var local = new Servers(programs, folder);
                foreach (var side in (Side[])[Open, Verified, Behind]) await local.StartAsync(side);
                for (var warmUp = 0; warmUp < WarmUps; warmUp++) await RoundAsync(local, counts: false);
                await RoundAsync(local, counts: true);
            }

            // A database that was asked goes on working for a while, so those that ask one come last.
            await RoundAsync(asking, counts: true);
        }

        return Compare(found.ToDictionary(of => of.Key, of => of.Value.Alone), 1) + Compare(found.ToDictionary(of => of.Key, of => of.Value.Many), Many) +
            new Findings([], [], [.. found.Select(of => new Figure($"{of.Key.Words}: processor time of the API for a request, {Many} in flight", Spread.Of(of.Value.Worked), "µs"))]);

        async Task RoundAsync(Servers servers, bool counts)
        {
            var alone = await TurnsAsync(servers, RequestsAlone, 1, SlicesAlone);
            var before = servers.Sides.ToDictionary(of => of.Side, of => of.Server.ProcessorTime);
            var many = await TurnsAsync(servers, RequestsOfMany, Many, Slices);
            if (!counts) return;
            foreach (var (side, server) in servers.Sides)
            {
                if (!found.TryGetValue(side, out var seen)) found.Add(side, seen = new([], [], []));
                seen.Worked.Add((server.ProcessorTime - before[side]).TotalMicroseconds / (bench.Scaled(RequestsOfMany) * Slices));
                seen.Alone.Add(alone[side]);
                seen.Many.Add(many[side]);
            }
        }

        async Task<Dictionary<Side, Pace>> TurnsAsync(Servers servers, int requests, int inFlight, int slices)
        {
            var paces = servers.Sides.ToDictionary(of => of.Side, _ => new List<Pace>());
            for (var slice = 0; slice < slices; slice++)
            {
                // Not always the same one after the same other.
                foreach (var (side, server) in slice % 2 == 0 ? servers.Sides : servers.Sides.Reverse())
                {
                    byte[][] asked = [.. Enumerable.Range(0, bench.Scaled(requests)).Select(_ => known[random.Next(known.Length)])];
                    paces[side].Add(await ClosedLoop.RunAsync(server.Address, asked, inFlight, answer => answer.Status == 200));
                }
            }

            // Each slice has the same number of requests, so the harmonic mean is what all of them together took.
            return paces.ToDictionary(of => of.Key, of => new Pace(
                of.Value.Count / of.Value.Sum(pace => 1 / pace.PerSecond), Spread.Of(of.Value.Select(pace => pace.P50)).Median, Spread.Of(of.Value.Select(pace => pace.P99)).Median));
        }
    }

    private static Findings Compare(Dictionary<Side, List<Pace>> paces, int inFlight)
    {
        return new(
            [Ratio("Behind the guard ÷ open endpoint", Open, 0.75), Ratio("Behind the guard ÷ token verified, nobody asked", Verified, 0.97)],
            [],
            [.. paces.Select(of => Figure.OfRate($"{of.Key.Words}, {inFlight} in flight", of.Value))]);

        RatioResult Ratio(string name, Side other, double bound)
        {
            var (numerators, denominators) = (Rates(Behind), Rates(other));
            return new($"{name}, {inFlight} in flight", Spread.OfRatios(numerators, denominators), new(AtMost: false, bound),
                $"{Spread.Of(numerators).Median:N0}/s", $"{Spread.Of(denominators).Median:N0}/s");
        }

        double[] Rates(Side side) => [.. paces[side].Select(pace => pace.PerSecond)];
    }

    private static async Task<DataFolder> FillAsync(Databases databases, IReadOnlyList<string> sessions)
    {
        var folder = await databases.NewAsync(Databases.Postgres);
        await PostgresServer.AskAsync<object>(folder.Postgres!, "create table public.ended_sessions (sid text primary key)");
        await PostgresServer.AskAsync<object>(
            folder.Postgres!, $"insert into public.ended_sessions select 'ses_' || md5(i::text) from generate_series(1, {GuardedFolder.Revocations - sessions.Count}) i");
        await PostgresServer.AskAsync<object>(folder.Postgres!, $"insert into public.ended_sessions select unnest(array['{string.Join("','", sessions)}'])");
        await PostgresServer.AskAsync<object>(folder.Postgres!, "vacuum analyze public.ended_sessions");
        return folder;
    }

    private sealed record Side(string Name, string Words);

    /// <summary>What was measured of one side, round by round.</summary>
    private sealed record Seen(List<Pace> Alone, List<Pace> Many, List<double> Worked);

    /// <summary>Processes of some sides, which end together.</summary>
    private sealed class Servers(Programs programs, GuardedFolder folder) : IAsyncDisposable
    {
        private readonly List<(Side Side, ServerProcess Server)> sides = [];

        public IReadOnlyList<(Side Side, ServerProcess Server)> Sides => sides;

        public async Task StartAsync(Side side, string store = "")
        {
            var server = await folder.StartAsync(programs, side.Name, store);
            sides.Add((side, server));
            if (side != Open) await MustRefuseAsync(server, side == Verified ? 200 : 401);
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var (_, server) in sides) await server.DisposeAsync();
        }

        // A side that lets everybody in would be fast.
        private async Task MustRefuseAsync(ServerProcess server, int ended)
        {
            await ClosedLoop.RunAsync(server.Address, [Requests.Get("/"), Requests.Get("/", folder.Live[0] + "A")], 1, answer => answer.Status == 401);
            await ClosedLoop.RunAsync(server.Address, [.. folder.Ended.Take(100).Select(token => Requests.Get("/", token))], 1, answer => answer.Status == ended);
        }
    }
}
