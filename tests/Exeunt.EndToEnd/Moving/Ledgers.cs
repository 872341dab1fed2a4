using System.Security.Cryptography;
using Exeunt.EndToEnd.Commands;
using Exeunt.EndToEnd.Support;
using Exeunt.Sqlite;
using Exeunt.Storage;

namespace Exeunt.EndToEnd.Moving;

/// <summary>What the tests of moving have in common: a data folder with months of use behind it, and a server on it.</summary>
internal static class Ledgers
{
    public const string Ada = "ada@example.com";
    public const string Password = "purple-otter-lantern-41";
    public const string Issuer = "http://127.0.0.1:8080";

    public static Dictionary<string, string?> Settings { get; } = new()
    {
        ["EXEUNT_ADMIN_EMAIL"] = Ada,
        ["EXEUNT_ADMIN_PASSWORD"] = Password,
        ["Exeunt__Server__Issuer"] = Issuer,
        ["Exeunt__Tokens__Lifetime"] = "24:00:00",
        ["Exeunt__Sessions__PerAccount"] = "100000",
    };

    /// <summary>The settings of a node on this database.</summary>
    public static Dictionary<string, string?> On(string database) => new(Settings)
    {
        ["Exeunt__Ledger__Postgres"] = database,
        ["Exeunt__Ledger__MasterKey"] = MasterKey,
    };

    private static string MasterKey { get; } = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    /// <summary>Makes the ledger of a folder, with keys and an administrator, and writes sessions into it.</summary>
    public static async Task FillAsync(string data, int sessions)
    {
        await using (var server = await ExeuntProcess.ServeAsync(data, Settings)) await server.StopAsync();
        await using var store = new SqliteLedger(Path.Combine(data, "exeunt.db"), TimeProvider.System);
        await store.OpenAsync(NodeMemory.Empty, CancellationToken.None);
        await ManyRows.WriteAsync(store, Issuer, sessions);
    }

    public static Task<Requests.Session> SignInAsync(ExeuntProcess server) => Requests.SignInAsync(server, Ada, Password);

    /// <summary>Runs a command that must go well, and gives what it said.</summary>
    public static async Task<string> RunAsync(IReadOnlyDictionary<string, string?> settings, params string[] arguments)
    {
        var (exitCode, said) = await ExeuntProcess.RunAsync(arguments, settings);
        Assert.True(exitCode == 0, said);
        return said;
    }

    /// <summary>Runs a command, or a start, that must be refused, and gives what it said.</summary>
    public static async Task<string> RefusedAsync(IReadOnlyDictionary<string, string?> settings, params string[] arguments)
    {
        var (exitCode, said) = await ExeuntProcess.RunAsync(arguments, settings);
        Assert.True(exitCode is 1 or 2, said);
        return said;
    }
}
