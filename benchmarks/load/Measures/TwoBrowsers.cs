using System.Security.Cryptography;
using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.LoadBench.Prepared;
using Exeunt.LoadBench.Processes;
using Exeunt.LoadBench.Results;

namespace Exeunt.LoadBench.Measures;

/// <summary>Somebody signs out everywhere in one browser: how soon another one, of the same person, shows that it is out and why.</summary>
internal static class TwoBrowsers
{
    private const string Email = "grace@example.com";
    private const int PromisedMilliseconds = 1000;
    private const int EndingsPerRound = 4;

    public static async Task<Findings> MeasureAsync(Bench bench, Programs programs)
    {
        if (RealBrowser.Missing(bench) is { } missing) return Findings.None with { Skipped = [$"Two browsers: {missing}"] };

        var endings = bench.Rounds * EndingsPerRound;
        bench.Say($"Two browsers: {endings} times signed out everywhere");
        var password = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        using var folder = new DataFolder(bench.Folder);
        await using (var kernel = await Kernel.OpenAsync(folder))
        {
            using var passwords = new Passwords();
            await new AddAccount(kernel.Ledger, passwords, kernel.Rules).HandleAsync(Email, "Grace", password, [], Actor.Operator, CancellationToken.None);
        }

        await using var server = await programs.ServeAsync(folder);
        const string What = "Signed out everywhere in one browser, until another shows why";
        var took = (await RealBrowser.MeasureAsync(bench, "measure-browsers.mjs", server.Address, password, Email, $"{endings}")).Single().Milliseconds;
        return new(
            [],
            [new($"{What}: within {PromisedMilliseconds:N0} ms", took.Max() <= PromisedMilliseconds, $"{took.Max():N0} ms at most of {took.Count}")],
            [new($"{What}", Spread.Of(took), "ms")]);
    }
}
