using System.Diagnostics;
using Exeunt.Audit;
using Exeunt.LoadBench.Load;
using Exeunt.LoadBench.Prepared;
using Exeunt.LoadBench.Processes;
using Exeunt.LoadBench.Results;

namespace Exeunt.LoadBench.Measures;

/// <summary>
/// Logouts on three published servers over one database while their jobs clean: expired sessions get their ends, audit entries beyond their retention go.
/// The servers begin with it by themselves, a minute after their start; what people wait for until then is what it is compared with.
/// </summary>
internal static class Cleaning
{
    private const int Nodes = 3;
    private const int ExpiredSessions = 100_000;
    private const int OldEntries = 1_000_000;
    private const int Many = 21; // in flight on each node
    private const int LogoutsAlone = 100; // on each node, in one turn
    private const int LogoutsOfMany = 840;
    private const int SessionsPerPerson = 4;
    private const int Opening = 64; // people whose sessions are opened at a time

    private static readonly TimeSpan LongExpired = TimeSpan.FromDays(8);
    private static readonly TimeSpan UntilWarm = TimeSpan.FromSeconds(25); // after the start of the servers, as the next two
    private static readonly TimeSpan UntilBegun = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan UntilDone = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan BetweenCommits = TimeSpan.FromMilliseconds(20);

    public static async Task<Findings> MeasureAsync(Bench bench, Databases databases, Lazy<Task<Programs>> programs)
    {
        var (expired, old) = (bench.Scaled(ExpiredSessions), bench.Scaled(OldEntries));
        var what = $"while three nodes clean {expired:N0} sessions and {old:N0} entries";
        if (!await databases.HasPostgresAsync()) return Findings.WithoutPostgres($"Logouts {what}");

        var published = await programs.Value;
        bench.Say("Cleaning: preparing");
        var folders = await databases.NewNodesAsync(Nodes + 1);
        var database = folders[0].Postgres!;
        List<ServerProcess> servers = [];
        try
        {
            await using var kernel = await Kernel.OpenAsync(folders[Nodes]); // opens the sessions that are logged out
            foreach (var folder in folders.Take(Nodes)) await LongPast.AddEntriesAsync(folder, old / Nodes);
            await LongPast.SignAsync(folders[0], kernel);
            await Multitude.AddSessionsAsync(kernel.Store, expired, LongExpired);
            await PostgresServer.AskAsync<object>(database, "vacuum analyze"); // as the server itself does it, a minute later
            await PostgresServer.AskAsync<object>(database, "checkpoint"); // what preparing wrote is not for the logouts to wait for,
            await DataFolder.SyncAsync(); // neither in the database nor in the file system, which keeps it for half a minute

            var everything = await LeftAsync();
            foreach (var folder in folders.Take(Nodes)) servers.Add(await published.ServeAsync(folder));
            var started = Stopwatch.GetTimestamp();
            foreach (var server in servers) await WarmUp.RunAsync(server.Address);

            bench.Say("Cleaning: until it begins");
            var (before, during) = (new Logouts([], []), new Logouts([], []));
            while (Stopwatch.GetElapsedTime(started) < UntilWarm) await TurnAsync(kernel, servers, new([], []));
            for (Logouts? whole = null; await LeftAsync() == everything;)
            {
                before.Add(whole); // in the last turn it began
                await TurnWithinAsync(whole = new([], []), UntilBegun);
            }

            bench.Say($"Cleaning: {expired:N0} sessions and {old:N0} entries");
            var began = Stopwatch.GetTimestamp();
            var done = new TaskCompletionSource();
            var plain = PostgresServer.CommitUntilAsync(database, done.Task, BetweenCommits);
            try
            {
                do await TurnWithinAsync(during, UntilDone);
                while (await LeftAsync() > 0);
            }
            finally
            {
                done.SetResult();
            }

            var took = Stopwatch.GetElapsedTime(began);
            var commits = await plain;

            var ends = await CountAsync($"select count(*) from audit where action = '{AuditActions.SessionEnded}' and by_name = 'expiry'");
            var verdict = await new VerifyAudit(kernel.Store, kernel.Signing).HandleAsync(null, null, CancellationToken.None);
            var deadlocks = await CountAsync("select deadlocks from pg_stat_database where datname = current_database()");
            return new(
                [Ratio(during.Alone, 1), Ratio(during.Many, Many)],
                [
                    new("Each end is told once, when nothing is left of what three nodes cleaned", ends == expired, $"{ends:N0} ends told"),
                    new("No deadlock while three nodes cleaned", deadlocks == 0, $"{deadlocks}"),
                    new("The chains verify after three nodes cut them", verdict.Holds, verdict.Holds ? "they do" : "they do not"),
                ],
                [
                    Figure("that are not cleaning", before.Alone, 1),
                    Figure("that are not cleaning", before.Many, Many),
                    Figure($"that are cleaning, for {took.TotalSeconds:0} s", during.Alone, 1),
                    Figure($"that are cleaning, for {took.TotalSeconds:0} s", during.Many, Many),
                    new("Beside them a bare commit of one row, every now and then", Spread.Of(commits), "ms", $"p99 {P99(commits):0.00} ms, slowest ÷ median {SlowestOfMedian(commits):0.0}×"),
                ]);

            Task TurnWithinAsync(Logouts logouts, TimeSpan end) => Stopwatch.GetElapsedTime(started) < end
                ? TurnAsync(kernel, servers, logouts)
                : throw new TimeoutException($"Three nodes have not {(end == UntilBegun ? "begun to clean" : "cleaned")} {end.TotalMinutes:0} minutes after their start.");

            async Task<long> LeftAsync() =>
                await CountAsync($"select count(*) from sessions where ended_at is null and expires_at < {kernel.Store.Clock.GetUtcNow().ToUnixTimeMilliseconds()}")
                + await CountAsync($"select count(*) from audit where action = '{AuditActions.SignedIn}' and at < {LongPast.OldestKept(kernel).ToUnixTimeMilliseconds()}");
        }
        finally
        {
            foreach (var server in servers) await server.DisposeAsync();
            foreach (var folder in folders) folder.Dispose();
        }

        RatioResult Ratio(IReadOnlyCollection<double> logouts, int inFlight) => new(
            $"Slowest ÷ median logout {what}, {inFlight} in flight on each", Spread.Of([SlowestOfMedian(logouts)]), new(AtMost: true, 3),
            $"{Spread.Of(logouts).Most:0.00} ms", $"{Spread.Of(logouts).Median:0.00} ms of {logouts.Count:N0}");

        static Figure Figure(string which, IReadOnlyCollection<double> logouts, int inFlight) => new(
            $"Logouts on three nodes {which}, {inFlight} in flight on each", Spread.Of(logouts), "ms", $"p99 {P99(logouts):0.00} ms, slowest ÷ median {SlowestOfMedian(logouts):0.0}×");

        Task<long> CountAsync(string sql) => PostgresServer.AskAsync<long>(database, sql);
    }

    private static double P99(IReadOnlyCollection<double> took) => took.Order().ElementAt((int)(took.Count * 0.99));

    private static double SlowestOfMedian(IReadOnlyCollection<double> took) => Spread.Of(took) is var spread ? spread.Most / spread.Median : 0;

    // One after the other on every node, then many at once. Their sessions are opened beforehand, so that whoever is in flight is leaving.
    private static async Task TurnAsync(Kernel kernel, IReadOnlyList<ServerProcess> servers, Logouts logouts)
    {
        logouts.Alone.AddRange(await LeaveAsync(kernel, servers, LogoutsAlone, inFlight: 1));
        logouts.Many.AddRange(await LeaveAsync(kernel, servers, LogoutsOfMany, Many));
    }

    private static async Task<IEnumerable<double>> LeaveAsync(Kernel kernel, IReadOnlyList<ServerProcess> servers, int count, int inFlight)
    {
        var people = new Account[count / SessionsPerPerson * servers.Count];
        await ClosedLoop.RunAsync(people.Length, Opening, async (_, i) => people[i] = await kernel.AddAccountAsync(SessionsPerPerson));
        var paces = await Task.WhenAll(people.Chunk(count / SessionsPerPerson).Zip(servers, (leaving, server) => ClosedLoop.RunAsync(
            server.Address, [.. leaving.SelectMany(person => person.RefreshTokens).Select(Requests.Logout)], inFlight, answer => answer.Status == 200)));
        return paces.SelectMany(pace => pace.Milliseconds);
    }

    /// <summary>In milliseconds.</summary>
    private sealed record Logouts(List<double> Alone, List<double> Many)
    {
        public void Add(Logouts? more)
        {
            Alone.AddRange(more?.Alone ?? []);
            Many.AddRange(more?.Many ?? []);
        }
    }
}
