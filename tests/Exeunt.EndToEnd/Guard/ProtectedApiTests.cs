using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Exeunt.EndToEnd.Commands;
using Exeunt.EndToEnd.Support;

namespace Exeunt.EndToEnd.Guard;

/// <summary>The sample with its one line, as a process of its own beside the real server: open before, shut after, and nobody is asked in between.</summary>
public sealed class ProtectedApiTests : IAsyncLifetime
{
    private const string Admin = "admin@example.com";
    private const string Password = "purple-otter-lantern-41";

    private static readonly string[] OwnRoutes = ["/healthz", "/api/v1/auth/", "/api/v1/sessions", "/api/v1/admin/endings", "/api/v1/revocations/ack"];

    private readonly TemporaryFolder folder = new();
    private ExeuntProcess server = null!;
    private ExeuntProcess api = null!;
    private Dictionary<string, string?> environment = [];
    private int people;

    public async ValueTask InitializeAsync()
    {
        server = await ExeuntProcess.ServeAsync(Path.Combine(folder.Path, "data"), new Dictionary<string, string?>
        {
            ["EXEUNT_ADMIN_EMAIL"] = Admin,
            ["EXEUNT_ADMIN_PASSWORD"] = Password,
            ["Exeunt__Server__Issuer"] = "https://exeunt.test",
            ["Exeunt__Accounts__Registration"] = "open",
            ["Exeunt__Sessions__RotationWindow"] = "1s",
        });
        var client = JsonDocument.Parse(await RunAsync("clients", "add", "sample", "--json")).RootElement;
        environment = new Dictionary<string, string?>
        {
            ["Exeunt__Server"] = server.Address.ToString(),
            ["Exeunt__Issuer"] = "https://exeunt.test",
            ["Exeunt__ClientId"] = client.GetProperty("id").GetString(),
            ["Exeunt__ClientSecret"] = client.GetProperty("secret").GetString(),
            ["Exeunt__SnapshotFile"] = Path.Combine(folder.Path, "guard"),
        };
        api = await ExeuntProcess.StartSampleAsync("ProtectedApi", environment);
    }

    public async ValueTask DisposeAsync()
    {
        await api.DisposeAsync();
        await server.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task P3_however_a_session_ends_the_API_refuses_it_and_asks_nobody()
    {
        await EndsAsync("current", (client, _) => client.DeleteAsync("api/v1/sessions/current"));
        await EndsAsync("refresh-token logout", (client, own) => client.PostAsJsonAsync("api/v1/auth/logout", new { refresh_token = own.Refresh }));
        await EndsAsync("all", (client, _) => client.DeleteAsync("api/v1/sessions"));
        await EndsAsync("logout-all", (client, _) => client.PostAsync("api/v1/auth/logout-all", null));
        await EndsAsync("others", (client, _) => client.DeleteAsync("api/v1/sessions/others"), fromAnotherDevice: true);
        await EndsAsync("theft", (client, own) => StealAsync(client, own), status: HttpStatusCode.Unauthorized);
        await EndsAsync("admin", async (client, own) =>
        {
            using var admin = Client((await Requests.SignInAsync(server, Admin, Password)).Access);
            return await admin.PostAsJsonAsync("api/v1/admin/endings", new { scope = "session", session = own.Id });
        });
        await EndsAsync("operator", async (_, own) =>
        {
            await RunAsync("sessions", "end", own.Id);
            return new(HttpStatusCode.OK);
        });
        await EndsAsync("everyone", async (_, _) =>
        {
            await RunAsync("omnes", "--yes");
            return new(HttpStatusCode.OK);
        });
    }

    [Fact]
    public async Task P10_the_API_enforces_from_its_file_when_it_starts_without_the_server()
    {
        var (leaving, staying) = (await SignUpAsync(), await SignUpAsync());
        await Requests.LogoutAsync(server, leaving.Refresh);
        await RefusedAsync(leaving.Access);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(staying.Access));
        Assert.Equal(0, await api.StopAsync());
        await server.KillAsync();

        await api.DisposeAsync();
        api = await ExeuntProcess.StartSampleAsync("ProtectedApi", environment); // healthy: its file is fresh enough

        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(leaving.Access));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(staying.Access));
    }

    private async Task EndsAsync(string how, Func<HttpClient, Requests.Session, Task<HttpResponseMessage>> end, bool fromAnotherDevice = false, HttpStatusCode status = HttpStatusCode.OK)
    {
        var own = await SignUpAsync();
        var acting = fromAnotherDevice ? await Requests.SignInAsync(server, Email(people), Password) : own;
        Assert.True(await StatusAsync(own.Access) == HttpStatusCode.OK, $"{how}: the token does not open the API");

        while (Asked() == 0) await Task.Yield(); // the keys, once; the line is written after the answer
        using (var client = Client(acting.Access))
        using (var answer = await end(client, own)) Assert.True(answer.StatusCode == status, $"{how}: {answer.StatusCode}");
        var asked = Asked();
        await RefusedAsync(own.Access);
        for (var i = 0; i < 50; i++) Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(own.Access));

        Assert.True(Asked() == asked, $"{how}: the API asked the server {Asked() - asked} times");
        if (fromAnotherDevice) Assert.Equal(HttpStatusCode.OK, await StatusAsync(acting.Access));
    }

    /// <summary>Requests that the server has answered and this test has not made; but for acknowledgements, which come after enforcement and on nobody's way.</summary>
    private int Asked() => server.Output.Split('\n')
        .Count(line => line.Contains(" answered ", StringComparison.Ordinal) && !Array.Exists(OwnRoutes, route => line.Contains(route, StringComparison.Ordinal)));

    // The token turns twice; then somebody comes with the first one.
    private async Task<HttpResponseMessage> StealAsync(HttpClient client, Requests.Session own)
    {
        var newest = own.Refresh;
        for (var turns = 0; turns < 2;)
        {
            var (_, session) = await Requests.RefreshAsync(server, newest);
            if (session!.Refresh == newest) continue; // within the window it does not turn
            newest = session.Refresh;
            turns++;
        }

        return await client.PostAsJsonAsync("api/v1/auth/refresh", new { refresh_token = own.Refresh });
    }

    private static string Email(int number) => $"person{number}@example.com";

    private async Task<Requests.Session> SignUpAsync()
    {
        using var client = server.Client();
        using var made = await client.PostAsJsonAsync("api/v1/auth/register", new { email = Email(++people), password = Password });
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        return await Requests.SignInAsync(server, Email(people), Password);
    }

    private HttpClient Client(string accessToken)
    {
        var client = server.Client();
        client.DefaultRequestHeaders.Authorization = new("Bearer", accessToken);
        return client;
    }

    private async Task RefusedAsync(string accessToken)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (await StatusAsync(accessToken) != HttpStatusCode.Unauthorized) patience.Token.ThrowIfCancellationRequested();
    }

    private async Task<HttpStatusCode> StatusAsync(string accessToken)
    {
        using var client = api.Client();
        client.DefaultRequestHeaders.Authorization = new("Bearer", accessToken);
        using var response = await client.GetAsync("");
        return response.StatusCode;
    }

    private async Task<string> RunAsync(params string[] arguments)
    {
        var (exitCode, output) = await ExeuntProcess.RunAsync([.. arguments, "--data", Path.Combine(folder.Path, "data")]);
        Assert.True(exitCode == 0, output);
        return output;
    }
}
