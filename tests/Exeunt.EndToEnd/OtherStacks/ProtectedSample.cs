using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Exeunt.EndToEnd.Commands;
using Exeunt.EndToEnd.Support;

namespace Exeunt.EndToEnd.OtherStacks;

/// <summary>The real server, and beside it a sample in another language, started by its own script.</summary>
internal sealed class ProtectedSample : IAsyncDisposable
{
    private const string Admin = "admin@example.com";
    private const string Password = "purple-otter-lantern-41";

    private readonly TemporaryFolder folder;
    private readonly Dictionary<string, string?> environment;
    private readonly string script;
    private int people;

    private ProtectedSample(string name, ExeuntProcess server, TemporaryFolder folder, Dictionary<string, string?> environment)
    {
        script = Path.Combine(Repository.Root, "samples", name, "run");
        (Server, this.folder, this.environment) = (server, folder, environment);
    }

    public ExeuntProcess Server { get; }

    public ExeuntProcess Api { get; private set; } = null!;

    /// <summary>A file that the sample may keep what it knows in.</summary>
    public string SnapshotFile => Path.Combine(folder.Path, "guard");

    /// <summary>Starts the server and makes the sample's client, and then the sample.</summary>
    /// <param name="name">The sample's folder.</param>
    /// <param name="scopes">What its client may do.</param>
    public static async Task<ProtectedSample> StartAsync(string name, params string[] scopes)
    {
        var own = new TemporaryFolder();
        var data = Path.Combine(own.Path, "data");
        var server = await ExeuntProcess.ServeAsync(data, new Dictionary<string, string?>
        {
            ["EXEUNT_ADMIN_EMAIL"] = Admin,
            ["EXEUNT_ADMIN_PASSWORD"] = Password,
            ["Exeunt__Server__Issuer"] = "https://exeunt.test",
            ["Exeunt__Accounts__Registration"] = "open",
        });
        var (exitCode, output) = await ExeuntProcess.RunAsync(["clients", "add", name, .. scopes.SelectMany(scope => new[] { "--scope", scope }), "--json", "--data", data]);
        Assert.True(exitCode == 0, output);
        var client = JsonDocument.Parse(output).RootElement;
        var sample = new ProtectedSample(name, server, own, new()
        {
            ["EXEUNT"] = server.Address.ToString().TrimEnd('/'),
            ["ISSUER"] = "https://exeunt.test",
            ["EXEUNT_CLIENT_ID"] = client.GetProperty("id").GetString(),
            ["EXEUNT_CLIENT_SECRET"] = client.GetProperty("secret").GetString(),
            ["PORT"] = "0",
        });
        await sample.StartApiAsync();
        return sample;
    }

    /// <summary>Starts the sample, anew if it runs, and waits until it calls itself healthy.</summary>
    public async Task StartApiAsync(params (string Name, string Value)[] more)
    {
        if (Api is not null) await Api.DisposeAsync();
        Api = await ExeuntProcess.StartSampleAsync(script, new Dictionary<string, string?>([.. environment, .. more.Select(v => KeyValuePair.Create<string, string?>(v.Name, v.Value))]));
    }

    /// <summary>Somebody new, signed in on a first device.</summary>
    public async Task<Requests.Session> SignUpAsync()
    {
        using var client = Server.Client();
        using var made = await client.PostAsJsonAsync("api/v1/auth/register", new { email = $"person{++people}@example.com", password = Password });
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        return await SignInAgainAsync();
    }

    /// <summary>The newest person, on one more device.</summary>
    public Task<Requests.Session> SignInAgainAsync() => Requests.SignInAsync(Server, $"person{people}@example.com", Password);

    /// <summary>Sends a request to the server, as the owner of a token.</summary>
    public async Task EndAsync(HttpMethod method, string path, string accessToken, object? body = null)
    {
        using var client = Server.Client();
        using var request = new HttpRequestMessage(method, path) { Headers = { Authorization = new("Bearer", accessToken) }, Content = body is null ? null : JsonContent.Create(body) };
        using var response = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    public async Task<string> AdminTokenAsync() => (await Requests.SignInAsync(Server, Admin, Password)).Access;

    public async Task RunAsync(params string[] arguments)
    {
        var (exitCode, output) = await ExeuntProcess.RunAsync([.. arguments, "--data", Path.Combine(folder.Path, "data")]);
        Assert.True(exitCode == 0, output);
    }

    public async Task<HttpResponseMessage> GetAsync(string? accessToken, string path = "")
    {
        using var client = Api.Client();
        if (accessToken is not null) client.DefaultRequestHeaders.Authorization = new("Bearer", accessToken);
        return await client.GetAsync(path);
    }

    public async Task<HttpStatusCode> StatusAsync(string? accessToken, string path = "")
    {
        using var response = await GetAsync(accessToken, path);
        return response.StatusCode;
    }

    /// <summary>Asks the sample until it answers so.</summary>
    public async Task BecomesAsync(HttpStatusCode status, string accessToken)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var often = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (await StatusAsync(accessToken) != status) await often.WaitForNextTickAsync(patience.Token);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Api is not null) await Api.DisposeAsync();
        await Server.DisposeAsync();
        folder.Dispose();
    }
}
