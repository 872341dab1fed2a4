using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Server.Commands;
using Exeunt.Storage;
using Exeunt.Storage.Journal;

namespace Exeunt.Server.Demonstration;

/// <summary>
/// Something to look at: before the server starts, a new ledger is given people and the week that they have had, by the same use cases as real ones. A
/// ledger that anybody uses already is left as it is.
/// </summary>
internal static class Demo
{
    private static readonly (string Email, string Name)[] People =
    [
        ("ada@example.com", "Ada Lovelace"), ("grace@example.com", "Grace Hopper"), ("edsger@example.com", "Edsger Dijkstra"), ("barbara@example.com", "Barbara Liskov"),
        ("donald@example.com", "Donald Knuth"), ("margaret@example.com", "Margaret Hamilton"), ("alan@example.com", "Alan Turing"), ("radia@example.com", "Radia Perlman"),
    ];

    /// <summary>Makes it.</summary>
    /// <param name="settings">Of the server that is about to start.</param>
    /// <param name="adjust">What that server's builder is adjusted with.</param>
    /// <param name="ct">Stops making it.</param>
    /// <returns>The settings to start with, a port of its own choice settled, and what to tell whoever asked for it.</returns>
    /// <exception cref="StartRefused">The server could not start either.</exception>
    public static async Task<(ServeSettings Settings, string Told)> MakeAsync(ServeSettings settings, Action<WebApplicationBuilder> adjust, CancellationToken ct)
    {
        var now = TimeProvider.System.GetUtcNow();
        var clock = new DemoClock(now - DemoWeek.Length);
        await using var past = await ServerHost.BuildAsync(settings, AdjustToPast, ct);
        if (!await IsNewAsync(past.Services, clock, ct))
            return (settings, "--demo: the ledger is not a new one, so nothing was added. For a fresh one give it a folder of its own: --data ./data-demo");

        settings = settings with { Urls = string.Join(';', past.Urls) };
        await FirstAdministrator.EnsureAsync(past.Services, settings.Urls, ct);
        var password = MadePassword.New();
        var people = new List<User>();
        foreach (var (email, name) in People)
        {
            if (await past.Services.GetRequiredService<AddAccount>().HandleAsync(email, name, password, [], Actor.Operator, ct) is { } user) people.Add(user);
        }

        var told = $"Demonstration accounts: {string.Join(", ", people.Select(user => user.Email))}\nTheir password, shown this once: {password}";
        try
        {
            await ActivatorUtilities.CreateInstance<DemoWeek>(past.Services, clock, people).LiveAsync(now, ct);
        }
        catch (OperationCanceledException)
        {
            Console.WriteLine(told); // the accounts stay, and nobody would ever know how to sign in to them
            throw;
        }

        return (settings, told);

        void AdjustToPast(WebApplicationBuilder builder)
        {
            adjust(builder);
            builder.Logging.AddFilter(level => level >= LogLevel.Warning);
            builder.Services.AddSingleton<TimeProvider>(clock);
        }
    }

    // Ledger time is never before anything that the ledger holds: then there is no room in its past.
    private static async Task<bool> IsNewAsync(IServiceProvider parts, DemoClock clock, CancellationToken ct) =>
        !parts.GetRequiredService<LedgerOutage>().IsAway
        && parts.GetRequiredService<ILedgerStore>().Clock.GetUtcNow() <= clock.GetUtcNow()
        && (await parts.GetRequiredService<Ledger>().Reads.UsersAsync(new(Limit: 1), ct)).Items.Count == 0;
}
