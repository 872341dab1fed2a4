using System.Diagnostics;
using Exeunt.Audit;
using Exeunt.Clients;
using Exeunt.LoadBench.Load;
using Exeunt.LoadBench.Peers;
using Exeunt.LoadBench.Prepared;
using Exeunt.LoadBench.Processes;
using Exeunt.LoadBench.Results;

namespace Exeunt.LoadBench.Measures;

/// <summary>The samples that people copy, one after the other beside the published server: how soon after a logout each of them refuses its session.</summary>
internal static class Samples
{
    private const int LogoutsPerRound = 10;
    private const int PromisedMilliseconds = 1000;

    public static async Task<Findings> MeasureAsync(Bench bench, Programs programs)
    {
        bench.Say("Samples: preparing");
        using var folder = new DataFolder(bench.Folder);
        var logouts = bench.Scaled(LogoutsPerRound) * (bench.Rounds + 1);
        Queue<Held> sessions;
        (RegisteredClient Client, string Secret) guard;
        await using (var kernel = await Kernel.OpenAsync(folder))
        {
            var account = await kernel.AddAccountAsync((logouts + 1) * Sample.All.Count);
            sessions = new(account.RefreshTokens.Select(token => new Held($"{account.User.Id}", token)));
            guard = await new AddClient(kernel.Ledger).HandleAsync("bench", ClientScopes.All, Actor.Operator);
        }

        var credentials = (Id: $"{guard.Client.Id}", guard.Secret);
        var wire = new ExeuntWire(credentials.Id, credentials.Secret);
        await using var server = await programs.ServeAsync(folder);
        await WarmUp.RunAsync(server.Address);
        var findings = Findings.None;
        foreach (var sample in Sample.All)
        {
            if (await sample.WhyNotAsync(bench) is { } why)
            {
                findings += Findings.None with { Skipped = [$"The {sample.Name} sample after a logout: {why}"] };
                continue;
            }

            bench.Say($"Samples: starting {sample.Name}");
            await using var api = await sample.StartAsync(bench, server, credentials, wire.Request(Fresh(wire, server, sessions.Dequeue())));
            var took = new List<double>();
            for (var round = 0; round <= bench.Rounds; round++)
            {
                bench.Say($"Samples, {sample.Name}: {bench.Name(round)}");
                for (var i = 0; i < bench.Scaled(LogoutsPerRound); i++)
                {
                    var milliseconds = UntilRefused(wire, server, api, sessions.Dequeue());
                    if (round > 0) took.Add(milliseconds);
                }
            }

            findings += Found(sample, took);
        }

        return findings;
    }

    private static Findings Found(Sample sample, List<double> took)
    {
        var spread = Spread.Of(took);
        return new(
            [],
            [new($"The {sample.Name} sample refuses within {PromisedMilliseconds:N0} ms of a logout", spread.Most <= PromisedMilliseconds, $"{spread.Most:0.0} ms at most of {took.Count}")],
            [new($"From a logout's request to the first refusal by the {sample.Name} sample", spread, "ms")]);
    }

    private static double UntilRefused(ExeuntWire wire, ServerProcess server, ServerProcess sample, Held before)
    {
        var session = Fresh(wire, server, before);
        var (request, logout) = (wire.Request(session), wire.Logout(session));
        Refusal.Expect(Ask(sample, request), 200);
        var asked = Stopwatch.GetTimestamp(); // before the request: the commit is within
        Refusal.Expect(Ask(server, logout), 200);
        Refusal.Await(() => Ask(sample, request));
        return Stopwatch.GetElapsedTime(asked).TotalMilliseconds;
    }

    private static Held Fresh(ExeuntWire wire, ServerProcess server, Held session) => wire.Refreshed(session, Ask(server, wire.Refresh(session)));

    // A connection each: Flask's own server keeps none open.
    private static Answer Ask(ServerProcess asked, byte[] request)
    {
        using var connection = Connection.Open(asked.Address);
        return connection.Ask(request);
    }
}
