using System.CommandLine;
using Exeunt.Audit;
using Exeunt.Clients;
using Exeunt.Protocol.Ids;

namespace Exeunt.Server.Commands;

/// <summary><c>clients add</c>, <c>clients list</c> and <c>clients remove</c>.</summary>
internal static class ClientsCommand
{
    public static Command Create(CommonOptions common) => new("clients", "Give programs such as guards credentials of their own") { Add(common), List(common), Remove(common) };

    private static Command Add(CommonOptions common)
    {
        var name = new Argument<string>("name") { Description = "What people call it" };
        var scopes = new Option<string[]>("--scope")
        {
            Description = $"What it may do: {string.Join(", ", ClientScopes.All)}; may be given several times",
            DefaultValueFactory = _ => [ClientScopes.Feed],
        };
        return common.OnLedger("add", "Make a client; its secret is shown this once", [name, scopes], async (workplace, parsed, ct) =>
        {
            var called = parsed.GetValue(name)!.Trim();
            if (called.Length is 0 or > AddClient.LongestName || called.Any(char.IsControl)) throw new StartRefused($"A name has 1 to {AddClient.LongestName} characters.");
            var wanted = parsed.GetValue(scopes)!.Distinct().ToList();
            if (wanted.Find(scope => !ClientScopes.All.Contains(scope)) is { } unknown)
                throw new StartRefused($"--scope: there is no scope '{unknown}'; there are {string.Join(", ", ClientScopes.All)}.");

            var (client, secret) = await workplace.Get<AddClient>().HandleAsync(called, wanted, Actor.Operator);
            if (workplace.Output.IsJson) Output.Write(new AddedClient(client.Id.ToString(), client.Name, client.Scopes, secret), CommandJson.Default.AddedClient);
            workplace.Output.Say($"Client {client.Name}: {client.Id}");
            workplace.Output.Say($"Secret, shown this once: {secret}");
            return 0;
        });
    }

    private static Command List(CommonOptions common) => common.OnLedger("list", "List the clients", [], async (workplace, _, ct) =>
    {
        IReadOnlyList<ClientLine> clients = [.. (await workplace.Ledger.Reads.ClientsAsync(ct)).Select(c => new ClientLine(c.Id.ToString(), c.Name, c.Scopes, c.CreatedAt))];
        workplace.Output.Show(
            clients, CommandJson.Default.IReadOnlyListClientLine, ["CLIENT", "NAME", "SCOPES", "CREATED"],
            clients.Select(c => new[] { c.Id, c.Name, string.Join(' ', c.Scopes), $"{c.CreatedAt:u}" }), "There are no clients.");
        return 0;
    });

    private static Command Remove(CommonOptions common)
    {
        var id = new Argument<string>("client") { Description = "Its id, as clients list names it" };
        return common.OnLedger("remove", "Take a client's credentials away; its streams end within seconds", [id], async (workplace, parsed, _) =>
        {
            var given = parsed.GetValue(id)!;
            if (!AppId.TryParse(given, null, out var client) || !await workplace.Get<RemoveClient>().HandleAsync(client, Actor.Operator))
                throw new NotDoneException($"There is no client '{given}'; see: clients list");
            workplace.Output.Say($"Removed {client}");
            return 0;
        });
    }
}
