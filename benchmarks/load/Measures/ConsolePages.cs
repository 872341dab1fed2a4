using System.Security.Cryptography;
using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.LoadBench.Prepared;
using Exeunt.LoadBench.Processes;
using Exeunt.LoadBench.Results;

namespace Exeunt.LoadBench.Measures;

/// <summary>The pages of the console among a million sessions and a million audit entries, in a real browser: from the address to the content, searches included.</summary>
internal static class ConsolePages
{
    private const int Many = 1_000_000;
    private const int PromisedMilliseconds = 1000;
    private const string Email = "root@example.com";

    public static async Task<Findings> MeasureAsync(Bench bench, Databases databases, Lazy<Task<Programs>> programs)
    {
        const string What = "The pages of the console";
        if (RealBrowser.Missing(bench) is { } missing) return Findings.None with { Skipped = [$"{What}: {missing}"] };

        var findings = Findings.None;
        foreach (var database in await databases.NamesAsync()) findings += await MeasureAsync(bench, databases, database, await programs.Value);
        return await databases.HasPostgresAsync() ? findings : findings + Findings.WithoutPostgres($"{What} on PostgreSQL");
    }

    private static async Task<Findings> MeasureAsync(Bench bench, Databases databases, string database, Programs programs)
    {
        var many = bench.Scaled(Many);
        var password = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        bench.Say($"Console, {database}: preparing {many:N0} sessions and audit entries");
        using var folder = await databases.NewAsync(database);
        Account account;
        await using (var kernel = await Kernel.OpenAsync(folder))
        {
            await Multitude.AddSessionsAsync(kernel.Store, many);
            await Multitude.AddAuditAsync(kernel.Store, many);
            account = await kernel.AddAccountAsync(sessions: 10);
            using var passwords = new Passwords();
            await new AddAccount(kernel.Ledger, passwords, kernel.Rules).HandleAsync(Email, "Root", password, [User.AdminRole], Actor.Operator, CancellationToken.None);
        }

        if (folder.Postgres is { } postgres) await PostgresServer.AskAsync<object>(postgres, "vacuum analyze"); // as the server itself does it, a minute later
        await using var server = await programs.ServeAsync(folder);
        bench.Say($"Console, {database}: {bench.Rounds} rounds through its pages");
        var pages = await RealBrowser.MeasureAsync(
            bench, "measure-console.mjs", server.Address, password, Email, $"{account.User.Id}", $"{account.Sessions[0]}", $"{bench.Rounds}");

        var slowest = pages.MaxBy(page => Spread.Of(page.Milliseconds).Median);
        var (median, most) = (Spread.Of(slowest.Milliseconds).Median, pages.Max(page => page.Milliseconds.Max()));
        return new(
            [],
            [
                new($"Every page of the console shows its content within {PromisedMilliseconds:N0} ms among {many:N0} sessions and audit entries, {database}",
                    median <= PromisedMilliseconds, $"{pages.Count} pages; the slowest “{slowest.What}”: {median:N0} ms, {most:N0} ms at most"),
            ],
            [.. pages.Select(page => new Figure($"Console, {database}: {page.What}", Spread.Of(page.Milliseconds), "ms"))]);
    }
}
