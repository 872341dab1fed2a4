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
    private const int Slices = 12; // a round is cut into so many turns of each side: what disturbs the machine for a while disturbs all of them
    private const int SlicesAlone = 8 * Slices; // one request at a time is mostly waking up, which takes as long as a connection happens to be placed on the cores: many more and shorter turns
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
        var sides = new List<(Side Side, ServerProcess Server)>();
        try
        {
            foreach (var side in (Side[])[Open, Verified, Behind]) await StartAsync(side);
            if (redis is not null) await StartAsync(Redis, $"{redis.Port}");
            if (database is not null) await StartAsync(Postgres, database.Postgres!);
            await MustRefuseAsync(sides, folder);
            return await MeasureAsync(bench, sides, folder) with
            {
                Skipped =
                [
                    .. redis is null ? ["A Redis GET for each request: Redis is not installed"] : Array.Empty<string>(),
                    .. database is null ? ["A PostgreSQL query for each request: PostgreSQL is not installed"] : Array.Empty<string>(),
                ],
            };
        }
        finally
        {
            foreach (var (_, server) in sides) await server.DisposeAsync();
        }

        async Task StartAsync(Side side, string store = "") => sides.Add((side, await folder.StartAsync(programs, side.Name, store)));
    }

    private static async Task<Findings> MeasureAsync(Bench bench, List<(Side Side, ServerProcess Server)> sides, GuardedFolder folder)
    {
        var random = new Random(1);
        byte[][] known = [.. folder.Live.Select(token => Requests.Get("/", token))];
        var alone = sides.ToDictionary(of => of.Side, _ => new List<Pace>());
        var many = sides.ToDictionary(of => of.Side, _ => new List<Pace>());
        var worked = sides.ToDictionary(of => of.Side, _ => new List<double>());
        for (var round = 0; round <= bench.Rounds; round++)
        {
            bench.Say(round == 0 ? "The guard: warming up" : $"The guard: round {round} of {bench.Rounds}");
            var one = await RoundAsync(RequestsAlone, 1, SlicesAlone);
            var before = sides.ToDictionary(of => of.Side, of => of.Server.ProcessorTime);
            var other = await RoundAsync(RequestsOfMany, Many, Slices);
            if (round == 0) continue;
            foreach (var (side, server) in sides)
            {
                worked[side].Add((server.ProcessorTime - before[side]).TotalMicroseconds / (bench.Scaled(RequestsOfMany) * Slices));
                alone[side].Add(one[side]);
                many[side].Add(other[side]);
            }
        }

        return Compare(alone, 1) + Compare(many, Many) +
            new Findings([], [], [.. worked.Select(of => new Figure($"{of.Key.Words}: processor time of the API for a request, {Many} in flight", Spread.Of(of.Value), "µs"))]);

        async Task<Dictionary<Side, Pace>> RoundAsync(int requests, int inFlight, int slices)
        {
            var paces = sides.ToDictionary(of => of.Side, _ => new List<Pace>());
            foreach (var group in Groups())
            {
                for (var slice = 0; slice < slices; slice++)
                {
                    // Not always the same one after the same other.
                    foreach (var (side, server) in slice % 2 == 0 ? group : Enumerable.Reverse(group))
                    {
                        byte[][] asked = [.. Enumerable.Range(0, bench.Scaled(requests)).Select(_ => known[random.Next(known.Length)])];
                        paces[side].Add(await ClosedLoop.RunAsync(server.Address, asked, inFlight, answer => answer.Status == 200));
                    }
                }
            }

            // Each slice has the same number of requests, so the harmonic mean is what all of them together took.
            return paces.ToDictionary(of => of.Key, of => new Pace(
                of.Value.Count / of.Value.Sum(pace => 1 / pace.PerSecond), Spread.Of(of.Value.Select(pace => pace.P50)).Median, Spread.Of(of.Value.Select(pace => pace.P99)).Median));
        }

        // A database that was asked goes on working for a while: those who ask none take their turns among themselves.
        List<(Side Side, ServerProcess Server)>[] Groups() => [[.. sides.Where(of => of.Side != Redis && of.Side != Postgres)], [.. sides.Where(of => of.Side == Redis || of.Side == Postgres)]];
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

    // A side that lets everybody in would be fast.
    private static async Task MustRefuseAsync(List<(Side Side, ServerProcess Server)> sides, GuardedFolder folder)
    {
        foreach (var (side, server) in sides.Where(of => of.Side != Open))
        {
            var status = side == Verified ? 200 : 401;
            await ClosedLoop.RunAsync(server.Address, [Requests.Get("/"), Requests.Get("/", folder.Live[0] + "A")], 1, answer => answer.Status == 401);
            await ClosedLoop.RunAsync(server.Address, [.. folder.Ended.Take(100).Select(token => Requests.Get("/", token))], 1, answer => answer.Status == status);
        }
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
}
