using Exeunt.Audit;
using Exeunt.Clients;
using Exeunt.Hosting;
using Exeunt.LoadBench.Load;
using Exeunt.LoadBench.Prepared;
using Exeunt.LoadBench.Processes;

namespace Exeunt.LoadBench.Peers;

/// <summary>The published server, and beside it a small API behind the guard, as in real life: authenticated requests never reach the server.</summary>
internal static class ExeuntContender
{
    private const int AtATime = 64;

    /// <summary>What it is called on this database.</summary>
    public static string NameOn(string database) => $"Exeunt on {database}";

    public static async Task<Contender> StartAsync(Amounts amounts, Databases databases, Programs programs, string database, Belongings belongings)
    {
        var name = NameOn(database);
        amounts.Bench.Say($"{name}: preparing");
        var folder = belongings.Add(await databases.NewAsync(database));
        Supply supply;
        (RegisteredClient Client, string Secret) guard;
        await using (var kernel = await Kernel.OpenAsync(folder))
        {
            supply = await FillAsync(kernel, amounts);
            guard = await new AddClient(kernel.Ledger).HandleAsync("bench", ClientScopes.All, Actor.Operator);
        }

        if (folder.Postgres is { } postgres) await PostgresServer.AskAsync<object>(postgres, "vacuum analyze");
        var server = belongings.Add(await programs.ServeAsync(folder));
        var app = belongings.Add(await ServerProcess.StartAsync(programs.Api, _ => [], "/ready", new Dictionary<string, string>
        {
            ["Bench__Side"] = "guarded",
            ["Bench__Issuer"] = Kernel.Issuer,
            ["Bench__Audience"] = new ExeuntOptions().Tokens.Audience,
            ["Bench__Server"] = $"http://{server.Address}",
            ["Bench__ClientId"] = $"{guard.Client.Id}",
            ["Bench__ClientSecret"] = guard.Secret,
        }));
        var contender = new Contender(name, new ExeuntWire($"{guard.Client.Id}", guard.Secret), server, app, supply, belongings);
        await LetInAsync(contender);
        return contender;
    }

    private static async Task<Supply> FillAsync(Kernel kernel, Amounts amounts)
    {
        var plain = amounts.PlainUsers(byAccess: true);
        int[] sizes =
        [
            .. Enumerable.Repeat(Amounts.Plain, plain), .. Enumerable.Repeat(1, amounts.SingleUsers), .. Enumerable.Repeat(Amounts.Large, amounts.LargeUsers),
        ];
        var users = new IReadOnlyList<Held>[sizes.Length];
        await ClosedLoop.RunAsync(sizes.Length, AtATime, async (_, i) =>
        {
            var account = await kernel.AddAccountAsync(sizes[i]);
            users[i] = [.. account.RefreshTokens.Select(token => new Held($"{account.User.Id}", token))];
        });
        return new(users, Amounts.Plain, Amounts.Large);
    }

    // The API is there before its guard has heard the server for the first time.
    private static async Task LetInAsync(Contender contender)
    {
        var patience = TimeSpan.FromSeconds(30);
        using var giveUp = new CancellationTokenSource(patience);
        var caller = contender.Fresh(contender.Supply.Next(1)[0]);
        while (!contender.AskApp(contender.Wire.Request(caller), contender.Wire.IsLetIn))
        {
            if (giveUp.IsCancellationRequested) throw new InvalidOperationException($"{contender.Name}: the guard lets nobody in after {patience.TotalSeconds:0} s.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), CancellationToken.None);
        }
    }
}
