using System.Collections.Concurrent;
using System.Diagnostics;
using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.LoadBench.Load;
using Exeunt.LoadBench.Prepared;
using Exeunt.LoadBench.Processes;
using Exeunt.LoadBench.Results;

namespace Exeunt.LoadBench.Measures;

/// <summary>
/// Logouts on three nodes while all three clean at once: expired sessions get their ends, audit entries beyond their retention go. The product lets one node
/// at a time do each of these jobs; here nobody waits for anybody, which is harder on whoever wants to leave.
/// </summary>
internal static class Cleaning
{
    private const int Nodes = 3;
    private const int ExpiredSessions = 100_000;
    private const int OldEntries = 1_000_000;
    private const int Many = 21; // in flight on each node: 63 in all
    private const int LogoutsAlone = 100; // on each node, in one turn
    private const int LogoutsOfMany = 420;
    private const int TurnsBefore = 3;
    private const int Users = 100; // on each node

    private static readonly TimeSpan LongExpired = TimeSpan.FromDays(8);
    private static readonly TimeSpan BetweenCommits = TimeSpan.FromMilliseconds(20);

    public static async Task<Findings> MeasureAsync(Bench bench, Databases databases)
    {
        var (expired, old) = (bench.Scaled(ExpiredSessions), bench.Scaled(OldEntries));
        if (!await databases.HasPostgresAsync()) return Findings.WithoutPostgres($"Logouts {What(expired, old)}");

        await RunAsync(databases, ExpiredSessions / 100, OldEntries / 100, () => bench.Say("Cleaning: warming up")); // so that nobody waits for the compiler
        bench.Say("Cleaning: preparing");
        return await RunAsync(databases, expired, old, () => bench.Say($"Cleaning: {expired:N0} sessions and {old:N0} entries"));
    }

    private static async Task<Findings> RunAsync(Databases databases, int expired, int old, Action begins)
    {
        var what = What(expired, old);
        var folders = await databases.NewNodesAsync(Nodes);
        List<CleaningNode> nodes = [];
        try
        {
            foreach (var folder in folders) nodes.Add(await CleaningNode.OpenAsync(folder));
            foreach (var node in nodes) await node.AddOldEntriesAsync(old / Nodes);
            await nodes[0].SignOldEntriesAsync();
            await Multitude.AddSessionsAsync(nodes[0].Kernel.Store, expired, LongExpired);
            await PostgresServer.AskAsync<object>(folders[0].Postgres!, "vacuum analyze"); // as the server itself does it, a minute later
            await PostgresServer.AskAsync<object>(folders[0].Postgres!, "checkpoint"); // what preparing wrote is not for the logouts to wait for

            var before = await LogoutsAsync(nodes, Task.CompletedTask, atLeast: TurnsBefore);
            GC.Collect(); // what preparing left behind is not for the logouts to wait for
            begins();
            var started = Stopwatch.GetTimestamp();
            var cleaning = Task.WhenAll(nodes.Select(node => Task.Run(node.CleanAsync)));
            var plain = PostgresServer.CommitUntilAsync(folders[0].Postgres!, cleaning, BetweenCommits);
            var during = await LogoutsAsync(nodes, cleaning, atLeast: TurnsBefore);
            await cleaning;
            var commits = await plain;
            var took = Stopwatch.GetElapsedTime(started);

            var left = await CountAsync("select count(*) from sessions where ended_at is null and expires_at < (extract(epoch from now()) * 1000)::bigint")
                + await CountAsync($"select count(*) from audit where action = '{AuditActions.SignedIn}' and at < {CleaningNode.OldestKept(nodes[0].Kernel).ToUnixTimeMilliseconds()}");
            var ends = await CountAsync($"select count(*) from audit where action = '{AuditActions.SessionEnded}' and by_name = 'expiry'");
            var verified = await nodes[1].VerifyAsync();
            var deadlocks = await CountAsync("select deadlocks from pg_stat_database where datname = current_database()");
            return new(
                [Ratio(during.Alone, 1), Ratio(during.Many, Many)],
                [
                    new($"Nothing is left of what three nodes cleaned, and each end is told once", left == 0 && ends == expired, $"{left} left, {ends:N0} ends told"),
                    new("No deadlock while three nodes cleaned", deadlocks == 0, $"{deadlocks}"),
                    new("The chains verify after three nodes cut them", verified, verified ? "they do" : "they do not"),
                ],
                [
                    Figure("that are not cleaning", before.Alone, 1),
                    Figure("that are not cleaning", before.Many, Many),
                    Figure($"that are cleaning, for {took.TotalSeconds:0} s", during.Alone, 1),
                    Figure($"that are cleaning, for {took.TotalSeconds:0} s", during.Many, Many),
                    new("Beside them a bare commit of one row, every now and then", Spread.Of(commits), "ms", $"p99 {P99(commits):0.00} ms, slowest ÷ median {SlowestOfMedian(commits):0.0}×"),
                ]);
        }
        finally
        {
            foreach (var node in nodes) await node.DisposeAsync();
            foreach (var folder in folders) folder.Dispose();
        }

        RatioResult Ratio(IReadOnlyCollection<double> logouts, int inFlight) => new(
            $"Slowest ÷ median logout {what}, {inFlight} in flight on each", Spread.Of([SlowestOfMedian(logouts)]), new(AtMost: true, 3),
            $"{Spread.Of(logouts).Most:0.00} ms", $"{Spread.Of(logouts).Median:0.00} ms of {logouts.Count:N0}");

        static Figure Figure(string which, IReadOnlyCollection<double> logouts, int inFlight) => new(
            $"Logouts on three nodes {which}, {inFlight} in flight on each", Spread.Of(logouts), "ms", $"p99 {P99(logouts):0.00} ms, slowest ÷ median {SlowestOfMedian(logouts):0.0}×");

        Task<long> CountAsync(string sql) => PostgresServer.AskAsync<long>(folders[0].Postgres!, sql);
    }

    private static string What(int expired, int old) => $"while three nodes clean {expired:N0} sessions and {old:N0} entries";

    private static double P99(IReadOnlyCollection<double> took) => took.Order().ElementAt((int)(took.Count * 0.99));

    private static double SlowestOfMedian(IReadOnlyCollection<double> took) => Spread.Of(took) is var spread ? spread.Most / spread.Median : 0;

    /// <summary>How long logouts took on all nodes, each of a session that was opened for it: one after the other on every node, and many at once, in turns.</summary>
    private static async Task<Logouts> LogoutsAsync(IReadOnlyList<CleaningNode> nodes, Task until, int atLeast)
    {
        var users = new User[nodes.Count][]; // so many that nobody opens thousands of sessions in a minute, whose dead index entries would be walked over
        for (var node = 0; node < nodes.Count; node++) users[node] = [.. await Task.WhenAll(Enumerable.Range(0, Users).Select(async _ => (await nodes[node].Kernel.AddAccountAsync(1)).User))];
        var logouts = new Logouts([], []);
        for (var turn = 0; turn < atLeast || !until.IsCompleted; turn++)
        {
            await TurnAsync(LogoutsAlone, inFlight: 1, logouts.Alone);
            await TurnAsync(LogoutsOfMany, Many, logouts.Many);
        }

        return logouts;

        Task TurnAsync(int count, int inFlight, ConcurrentBag<double> took) => Task.WhenAll(nodes.Select((node, of) => ClosedLoop.RunAsync(count, inFlight, async (_, i) =>
        {
            var session = await node.Kernel.OpenSessionAsync(users[of][i % Users]);
            var sent = Stopwatch.GetTimestamp();
            await Kernel.EndAsync(node.Kernel.Grouping, session.Id);
            took.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
        })));
    }

    /// <summary>In milliseconds.</summary>
    private sealed record Logouts(ConcurrentBag<double> Alone, ConcurrentBag<double> Many);
}
