using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Exeunt.EndToEnd.Commands;
using Exeunt.EndToEnd.Support;

namespace Exeunt.EndToEnd.OtherStacks;

/// <summary>The real server, and beside it a sample in another language, started by its own script.</summary>
internal sealed class ProtectedSample : IAsyncDisposable
{
    /// <summary>What tokens say as <c>iss</c>.</summary>
    public const string Issuer = "https://exeunt.test";

    /// <summary>A client whose sessions run out ten seconds after they were last used: long enough to be seen alive on a busy machine.</summary>
    public const string ShortLived = "kiosk";

    private const string Admin = "admin@example.com";
    private const string Password = "purple-otter-lantern-41";

    private static readonly TimeSpan ShortLife = TimeSpan.FromSeconds(10);

    // Within a second, it is said of what ends; ten times that, so that only what hangs or was forgotten fails on a busy machine.
    private static readonly TimeSpan WithinASecond = TimeSpan.FromSeconds(10);

    // What a test asks for itself, and acknowledgements, which come after enforcement and on nobody's way.
    private static readonly string[] OwnRoutes =
    [
        "/healthz", "/readyz", "/api/v1/auth/login", "/api/v1/auth/register", "/api/v1/auth/refresh", "/api/v1/auth/logout", "/v1/auth/session", "/api/v1/sessions", "/api/v1/admin/endings", "/api/v1/revocations/ack",
    ];

    private readonly TemporaryFolder folder;
    private readonly Dictionary<string, string?> settings;
    private readonly Dictionary<string, string?> environment;
    private readonly string script;
    private int people;

    private ProtectedSample(string name, ExeuntProcess server, TemporaryFolder folder, Dictionary<string, string?> settings, Dictionary<string, string?> environment)
    {
        script = Path.Combine(Repository.Root, "samples", name, "run");
        (Server, this.folder, this.settings, this.environment) = (server, folder, settings, environment);
    }

    public ExeuntProcess Server { get; private set; }

    public ExeuntProcess Api { get; private set; } = null!;

    /// <summary>The server's data folder.</summary>
    public string Data => Path.Combine(folder.Path, "data");

    /// <summary>A file that the sample may keep what it knows in.</summary>
    public string SnapshotFile => Path.Combine(folder.Path, "guard");

    /// <summary>Starts the server and makes the sample's client, and then the sample.</summary>
    /// <param name="name">The sample's folder.</param>
    /// <param name="scopes">What its client may do.</param>
    public static Task<ProtectedSample> StartAsync(string name, params string[] scopes) => StartAsync(name, scopes, [], []);

    /// <summary>The same with more settings of the server and of the sample.</summary>
    public static async Task<ProtectedSample> StartAsync(string name, string[] scopes, Dictionary<string, string?> settings, params (string Name, string Value)[] more)
    {
        var own = new TemporaryFolder();
        var data = Path.Combine(own.Path, "data");
        var all = new Dictionary<string, string?>(settings)
        {
            ["EXEUNT_ADMIN_EMAIL"] = Admin,
            ["EXEUNT_ADMIN_PASSWORD"] = Password,
            ["Exeunt__Server__Issuer"] = Issuer,
            ["Exeunt__Accounts__Registration"] = "open",
            ["Exeunt__Sessions__RotationWindow"] = "1s",
            ["Exeunt__Clients__0__Id"] = ShortLived,
            ["Exeunt__Clients__0__IdleTimeout"] = $"{ShortLife}",
        };
        var server = await ExeuntProcess.ServeAsync(data, all);
        var (exitCode, output) = await ExeuntProcess.RunAsync(["clients", "add", name, .. scopes.SelectMany(scope => new[] { "--scope", scope }), "--json", "--data", data]);
        Assert.True(exitCode == 0, output);
        var client = JsonDocument.Parse(output).RootElement;
        var sample = new ProtectedSample(name, server, own, all, new()
        {
            ["EXEUNT"] = server.Address.ToString().TrimEnd('/'),
            ["ISSUER"] = Issuer,
            ["EXEUNT_CLIENT_ID"] = client.GetProperty("id").GetString(),
            ["EXEUNT_CLIENT_SECRET"] = client.GetProperty("secret").GetString(),
            ["PORT"] = "0",
        });
        await sample.StartApiAsync(more);
        return sample;
    }

    /// <summary>Ends the server as a power cut would, and starts one on this data folder.</summary>
    public async Task KillAndStartServerAsync(string data)
    {
        await Server.DisposeAsync();
        Server = await ExeuntProcess.ServeAsync(data, settings);
    }

    /// <summary>Starts the sample, anew if it runs, and waits until it calls itself healthy.</summary>
    public async Task StartApiAsync(params (string Name, string Value)[] more)
    {
        if (Api is not null) await Api.DisposeAsync();
        var all = new Dictionary<string, string?>(environment);
        foreach (var (name, value) in more) all[name] = value;
        Api = await ExeuntProcess.StartSampleAsync(script, all);
    }

    /// <summary>Shows that a token opens the sample until its session has ended in this way, and that nobody is asked from the ending on.</summary>
    /// <param name="way">How it ends.</param>
    /// <param name="before">Called with the token when it is good.</param>
    /// <param name="asksNobody">Whether that is so; the sample may be one that asks the server.</param>
    public async Task ShowAsync(WayOut way, Func<string, Task>? before = null, bool asksNobody = true)
    {
        var client = way.Client ?? "default";
        var own = people == 0 ? await SignUpAsync(client) : await SignInAgainAsync(client);
        var other = await SignInAgainAsync();
        Assert.True((await StatusAsync(own.Access), await StatusAsync(other.Access)) == (HttpStatusCode.OK, HttpStatusCode.OK), $"{way.How}: a token does not open the API");
        if (before is not null) await before(own.Access);
        var asked = await AskedAsync();

        await way.End(this, own, other);

        await BecomesAsync(HttpStatusCode.Unauthorized, own.Access, way.Client == ShortLived ? ShortLife + WithinASecond : null);
        for (var i = 0; i < 50; i++) Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(own.Access));
        if (way.SparesOther) Assert.True(await StatusAsync(other.Access) == HttpStatusCode.OK, $"{way.How}: the other session is not spared");
        if (asksNobody) Assert.True(await AskedAsync() is var since && since == asked, $"{way.How}: the API asked the server {since - asked} times");
    }

    /// <summary>
    /// Counts at the server the requests that it has answered and no test has made. It writes a line for each when it has answered it; a request of our own is the
    /// mark up to which all lines have come.
    /// </summary>
    public async Task<int> AskedAsync()
    {
        var marks = Answered().Count(IsMark);
        using (var client = Server.Client())
        using (await client.GetAsync("readyz")) await Server.SaysAsync(() => Answered().Count(IsMark) > marks);

        return Answered().Count(line => !Array.Exists(OwnRoutes, route => line.Contains(route, StringComparison.Ordinal)));

        static bool IsMark(string line) => line.Contains("/readyz", StringComparison.Ordinal);
    }

    /// <summary>Somebody new, signed in on a first device.</summary>
    public async Task<Requests.Session> SignUpAsync(string clientId = "default")
    {
        using var client = Server.Client();
        using var made = await client.PostAsJsonAsync("api/v1/auth/register", new { email = $"person{++people}@example.com", password = Password });
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        return await SignInAgainAsync(clientId);
    }

    /// <summary>The newest person, on one more device.</summary>
    public Task<Requests.Session> SignInAgainAsync(string clientId = "default") => Requests.SignInAsync(Server, $"person{people}@example.com", Password, clientId);

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
        var (exitCode, output) = await ExeuntProcess.RunAsync([.. arguments, "--data", Data]);
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

    /// <summary>Asks the sample until it answers so: normally within a second.</summary>
    /// <param name="status">The status of the answer.</param>
    /// <param name="accessToken">Whose it is.</param>
    /// <param name="patience">How long to go on; what a second may take on a busy machine unless given.</param>
    public async Task BecomesAsync(HttpStatusCode status, string accessToken, TimeSpan? patience = null)
    {
        using var polling = new Polling(patience ?? WithinASecond);
        while (await StatusAsync(accessToken) is var answered && answered != status) Assert.True(await polling.AgainAsync(), $"{status} was expected, and it is {answered}.");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Api is not null) await Api.DisposeAsync();
        await Server.DisposeAsync();
        folder.Dispose();
    }

    private IEnumerable<string> Answered() => Server.Output.Split('\n').Where(line => line.Contains(" answered ", StringComparison.Ordinal));
}
