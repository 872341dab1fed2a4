using System.Diagnostics;
using Exeunt.Audit;
using Exeunt.Clients;
using Exeunt.LoadBench.Load;
using Exeunt.LoadBench.Prepared;
using Exeunt.LoadBench.Processes;
using Exeunt.LoadBench.Results;

namespace Exeunt.LoadBench.Measures;

/// <summary>
/// A thousand guards follow one server, and sessions end one after the other: how soon each of the guards enforces it. All of them share this machine with the
/// server, so the last one is told later than a thousand machines would be.
/// </summary>
internal static class Propagation
{
    private const int Guards = 1000;
    private const int PromisedMilliseconds = 250;
    private const int EndingsPerRound = 20;

    public static async Task<Findings> MeasureAsync(Bench bench, Programs programs)
    {
        bench.Say($"Propagation: {Guards:N0} guards");
        using var folder = new DataFolder(bench.Folder);
        Account account;
        (RegisteredClient Client, string Secret) credentials;
        await using (var kernel = await Kernel.OpenAsync(folder))
        {
            account = await kernel.AddAccountAsync((bench.Rounds + 1) * EndingsPerRound);
            credentials = await new AddClient(kernel.Ledger).HandleAsync("bench", [ClientScopes.Feed], Actor.Operator);
        }

        await using var server = await programs.ServeAsync(folder);
        await using var guards = await ManyGuards.StartAsync(Guards, server.Address, $"{credentials.Client.Id}", credentials.Secret);
        await WarmUp.RunAsync(server.Address);
        using var connection = Connection.Open(server.Address);
        var (p50, p99, missed) = (new List<double>(), new List<double>(), 0);
        for (var round = 0; round <= bench.Rounds; round++)
        {
            bench.Say(round == 0 ? "Propagation: warming up" : $"Propagation: round {round} of {bench.Rounds}");
            var took = new List<double>();
            foreach (var (session, token) in account.Sessions.Zip(account.RefreshTokens).Skip(round * EndingsPerRound).Take(EndingsPerRound))
            {
                var enforced = guards.NextAsync();
                var asked = Stopwatch.GetTimestamp(); // before the request: the commit is within
                if (connection.Ask(Requests.Logout(token)).Status != 200) throw new InvalidDataException("The logout was not answered 200.");
                took.AddRange((await enforced).Select(at => Stopwatch.GetElapsedTime(asked, at).TotalMilliseconds));
                missed += guards.CountThatLetIn(Kernel.Issuer, account.User.Subject, session);
            }

            if (round == 0) continue;
            took.Sort();
            p50.Add(took[took.Count / 2]);
            p99.Add(took[took.Count * 99 / 100]);
        }

        return new(
            [],
            [
                new($"99 of 100 guards, of {Guards:N0}, enforce an ending within {PromisedMilliseconds} ms", p99.Max() <= PromisedMilliseconds, $"{p99.Max():0.0} ms in the slowest round"),
                new($"Every one of {Guards:N0} guards enforces every ending", missed == 0, $"{Guards:N0} × {(bench.Rounds + 1) * EndingsPerRound}, {missed} missed"),
            ],
            [
                new($"From a logout's request to its enforcement, {Guards:N0} guards: half of them", Spread.Of(p50), "ms"),
                new($"From a logout's request to its enforcement, {Guards:N0} guards: 99 of 100", Spread.Of(p99), "ms"),
            ]);
    }
}
