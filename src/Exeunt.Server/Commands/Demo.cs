using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Hosting;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Exeunt.Storage;

namespace Exeunt.Server.Commands;

/// <summary>Something to look at: a few people with sessions on several devices, some of them over, made by the same use cases as real ones.</summary>
internal static class Demo
{
    private static readonly (string Email, string Name)[] People =
        [("ada@example.com", "Ada Lovelace"), ("grace@example.com", "Grace Hopper"), ("edsger@example.com", "Edsger Dijkstra"), ("barbara@example.com", "Barbara Liskov")];

    // Addresses of the documentation networks of RFC 5737.
    private static readonly (string Name, string Address, string UserAgent)[] Devices =
    [
        ("Work laptop", "192.0.2.10", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"),
        ("Phone", "198.51.100.7", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"),
        ("Tablet", "203.0.113.23", "Mozilla/5.0 (Linux; Android 15; Tablet) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"),
        ("Home computer", "203.0.113.42", "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0"),
    ];

    public static async Task FillAsync(IServiceProvider parts, CancellationToken ct)
    {
        var ledger = parts.GetRequiredService<Ledger>();
        if (await ledger.Reads.FindUserByEmailAsync(User.Normalize(People[0].Email), ct) is not null)
        {
            Console.WriteLine($"--demo: {People[0].Email} is there already, so nothing was added. For a fresh one give it a folder of its own: --data ./data-demo");
            return;
        }

        var password = MadePassword.New();
        foreach (var (i, person) in People.Index())
        {
            var user = await parts.GetRequiredService<AddAccount>().HandleAsync(person.Email, person.Name, password, [], Actor.Operator, ct);
            if (user is not null) await LiveAsync(parts, user, Devices[..(Devices.Length - (i % 3))]);
        }

        Console.WriteLine($"Demonstration accounts: {string.Join(", ", People.Select(person => person.Email))}\nTheir password, shown this once: {password}");
    }

    // Signs in everywhere, then out on the first device.
    private static async Task LiveAsync(IServiceProvider parts, User user, (string Name, string Address, string UserAgent)[] devices)
    {
        var lifetime = parts.GetRequiredService<ExeuntOptions>().Tokens.Lifetime;
        var opened = new List<LiveSession>();
        foreach (var (name, address, userAgent) in devices)
        {
            if (await parts.GetRequiredService<OpenSession>().HandleAsync(user, new(null, name, new(address, userAgent), lifetime)) is { } live) opened.Add(live);
        }

        if (opened is not [var first, ..]) return;
        await parts.GetRequiredService<Revoker>().EndAsync(new()
        {
            Scope = new EndScope.OneSession(first.Session.Id),
            By = new(ActorKind.User, user.Id, first.Session.Id),
            Reason = EndReason.User,
            From = new(devices[0].Address, devices[0].UserAgent),
        });
    }
}
