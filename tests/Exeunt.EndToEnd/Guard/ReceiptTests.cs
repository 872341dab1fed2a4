using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Exeunt.EndToEnd.Commands;
using Exeunt.EndToEnd.Interop;
using Exeunt.EndToEnd.Support;

namespace Exeunt.EndToEnd.Guard;

/// <summary>Receipts with real guards, one of which stands still.</summary>
public sealed class ReceiptTests : IAsyncDisposable
{
    private const string Password = "purple-otter-lantern-41";

    // Long enough to be told apart from what a logout takes otherwise.
    private static readonly TimeSpan WaitForGuards = TimeSpan.FromSeconds(2);

    private readonly TemporaryFolder folder = new();
    private readonly List<ExeuntProcess> processes = [];
    private int people;

    public async ValueTask DisposeAsync()
    {
        for (var i = processes.Count - 1; i >= 0; i--) await processes[i].DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task P4_the_receipt_comes_at_its_limit_and_names_the_guard_that_was_stopped_and_is_complete_once_it_goes_on()
    {
        var server = await StartAsync(guards: 3);
        await SignalAsync("-STOP", processes[3]);
        var partial = await LogOutAsync(server, wait: 2);
        Assert.Equal([.. processes[1..3].Select(Ending).Order()], Instances(partial.Claims, "acknowledged"));
        Assert.Equal([Ending(processes[3])], Instances(partial.Claims, "lagging"));
        Assert.False(partial.Claims.GetProperty("complete").GetBoolean());
        Assert.InRange(partial.Claims.GetProperty("ms").GetInt64(), 1_990, 20_000); // no less than the two seconds; timers count in ticks of some milliseconds

        await SignalAsync("-CONT", processes[3]);
        var complete = await LogOutAsync(server, wait: 10);
        Assert.Equal([.. processes[1..4].Select(Ending).Order()], Instances(complete.Claims, "acknowledged"));
        Assert.True(complete.Claims.GetProperty("complete").GetBoolean());

        var keys = Path.Combine(folder.Path, "keys.json");
        await File.WriteAllBytesAsync(keys, await server.Client().GetByteArrayAsync(".well-known/jwks.json"));
        var (fromFile, said) = await ExeuntProcess.RunAsync(["receipt", "verify", partial.Jws, "--jwks", keys]);
        Assert.True(fromFile == 0 && said.Contains("lagging: 1 orders", StringComparison.Ordinal), said);
        using var published = JsonDocument.Parse(await File.ReadAllTextAsync(keys));
        using var byNpmJose = await NodeProcess.AskAsync("jose.mjs", "verify", new
        {
            jwks = published.RootElement,
            tokens = new { receipt = partial.Jws },
            issuer = "https://exeunt.test",
            typ = "logout-receipt+jwt",
            now = partial.Claims.GetProperty("iat").GetDouble(),
        }, TestContext.Current.CancellationToken);
        Assert.Equal(partial.Claims.GetProperty("event").GetString(), byNpmJose.RootElement.GetProperty("results").GetProperty("receipt").GetProperty("claims").GetProperty("event").GetString());

        var parts = partial.Jws.Split('.');
        var (forged, why) = await ExeuntProcess.RunAsync(["receipt", "verify", $"{parts[0]}.{complete.Jws.Split('.')[1]}.{parts[2]}", "--jwks", keys]);
        Assert.True(forged == 1 && why.Contains("NOT authentic", StringComparison.Ordinal), why);
    }

    [Fact]
    public async Task P3_a_guard_that_was_stopped_costs_its_wait_once_and_when_it_is_back_it_refuses_the_first_request()
    {
        const int Logouts = 10;
        var server = await StartAsync(guards: 2);
        List<HttpClient> persons = [];
        for (var i = 0; i <= Logouts + 1; i++) persons.Add(await SignUpAsync(server));

        await SignalAsync("-STOP", processes[2]);
        await LogOutAsync(persons[0]); // waits its time: how long exactly, tests with injected time say
        await LogOutOneByOneAsync(persons[1..^1]).WaitAsync(WaitForGuards * Logouts); // which is what they would take if each waited

        await SignalAsync("-CONT", processes[2]);
        Assert.True((await LogOutAsync(server, wait: 10)).Claims.GetProperty("complete").GetBoolean());
        await LogOutAsync(persons[^1]);
        foreach (var api in processes[1..])
        {
            using var asked = api.Client();
            asked.DefaultRequestHeaders.Authorization = persons[^1].DefaultRequestHeaders.Authorization;
            using var answer = await asked.GetAsync("");
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        }

        foreach (var person in persons) person.Dispose();

        static async Task LogOutOneByOneAsync(IEnumerable<HttpClient> those)
        {
            foreach (var person in those) await LogOutAsync(person);
        }
    }

    private async Task<ExeuntProcess> StartAsync(int guards)
    {
        var data = Path.Combine(folder.Path, "data");
        var server = await ExeuntProcess.ServeAsync(data, new Dictionary<string, string?>
        {
            ["Exeunt__Server__Issuer"] = "https://exeunt.test",
            ["Exeunt__Accounts__Registration"] = "open",
            ["Exeunt__Endings__WaitForGuards"] = $"{WaitForGuards:c}",
        });
        processes.Add(server);
        var (_, added) = await ExeuntProcess.RunAsync(["clients", "add", "orders", "--json", "--data", data]);
        var client = JsonDocument.Parse(added).RootElement;
        for (var i = 0; i < guards; i++)
        {
            processes.Add(await ExeuntProcess.StartSampleAsync("ProtectedApi", new Dictionary<string, string?>
            {
                ["Exeunt__Server"] = server.Address.ToString(),
                ["Exeunt__Issuer"] = "https://exeunt.test",
                ["Exeunt__ClientId"] = client.GetProperty("id").GetString(),
                ["Exeunt__ClientSecret"] = client.GetProperty("secret").GetString(),
            }));
        }

        return server;
    }

    private async Task<HttpClient> SignUpAsync(ExeuntProcess server)
    {
        var email = $"person{++people}@example.com";
        var client = server.Client();
        using (var made = await client.PostAsJsonAsync("api/v1/auth/register", new { email, password = Password })) Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        client.DefaultRequestHeaders.Authorization = new("Bearer", (await Requests.SignInAsync(server, email, Password)).Access);
        return client;
    }

    private static async Task LogOutAsync(HttpClient person)
    {
        using var answer = await person.DeleteAsync("api/v1/sessions/current");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    // Logs a new person out and gives the receipt, verified by the command with the keys that the server publishes.
    private async Task<(string Jws, JsonElement Claims)> LogOutAsync(ExeuntProcess server, int wait)
    {
        using var client = await SignUpAsync(server);
        client.DefaultRequestHeaders.Add("Prefer", $"wait={wait}");

        using var answer = await client.DeleteAsync("api/v1/sessions/current");
        Assert.Equal($"wait={wait}", answer.Headers.GetValues("Preference-Applied").Single());
        var jws = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("receipt").GetString()!;
        var (exitCode, said) = await ExeuntProcess.RunAsync(["receipt", "verify", jws, "--json", "--jwks", new Uri(server.Address, ".well-known/jwks.json").ToString()]);
        Assert.True(exitCode == 0, said);
        return (jws, JsonDocument.Parse(said).RootElement);
    }

    private static string[] Instances(JsonElement claims, string group) =>
        [.. claims.GetProperty("guards").GetProperty(group).GetProperty("names").EnumerateArray().Select(guard => guard.GetProperty("instance").GetString()!).Order()];

    private static string Ending(ExeuntProcess process) => $"{Environment.MachineName}/{process.Id}";

    private static async Task SignalAsync(string signal, ExeuntProcess process)
    {
        using var kill = Process.Start("kill", [signal, process.Id.ToString()]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }
}
