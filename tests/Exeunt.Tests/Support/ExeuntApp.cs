using System.Collections.Concurrent;
using System.Net.Http.Headers;
using Exeunt.Accounts;
using Exeunt.Hosting;
using Exeunt.Protocol.Ids;
using Exeunt.Server;
using Exeunt.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Exeunt.Tests.Support;

/// <summary>
/// The whole server in this process: real sockets on a free port, a real SQLite file in a temporary folder, put together as <c>serve</c> does it, and a
/// clock that moves when told to.
/// </summary>
public sealed class ExeuntApp : IAsyncDisposable
{
    /// <summary>What its tokens say as <c>iss</c>.</summary>
    public const string Issuer = "https://exeunt.test";

    /// <summary>The password of every account that no other was named for: strong enough to register with.</summary>
    public const string Password = "purple-otter-lantern-41";

    private const int FewIterations = 1_000; // hashing takes a core for a while, by design; the real count is seen in PasswordsTests and where real processes run

    // The accounts of tests share the hashes of their few passwords.
    private static readonly ConcurrentDictionary<string, Task<string>> Hashes = new();

    private readonly ExeuntSetup setup;
    private readonly TemporaryFolder? folder;
    private readonly SocketsHttpHandler sockets = new() { UseCookies = false, AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) };
    private WebApplication app = null!;

    private ExeuntApp(ExeuntSetup setup)
    {
        this.setup = setup;
        folder = setup.DataFolder is null ? new TemporaryFolder() : null;
        DataFolder = setup.DataFolder ?? Path.Combine(folder!.Path, "data");
    }

    /// <summary>Where it listens, with a slash at the end.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>Its clock.</summary>
    public TestClock Clock => setup.Clock;

    /// <summary>What its ledger's commits are timed by.</summary>
    public CommitStopwatch Commits { get; } = new();

    /// <summary>What it logged, over all restarts.</summary>
    public LogLines Log { get; } = new();

    /// <summary>Its data folder.</summary>
    public string DataFolder { get; }

    /// <summary>Its parts.</summary>
    public IServiceProvider Services => app.Services;

    /// <summary>Its ledger, for a look from behind.</summary>
    public Ledger Ledger => Services.GetRequiredService<Ledger>();

    /// <summary>Starts a server with these settings, named as in the section <c>Exeunt</c>: <c>("Accounts:Registration", "open")</c>; nulls are left out.</summary>
    public static Task<ExeuntApp> StartAsync(params (string Name, string? Value)[] settings) => StartAsync(new ExeuntSetup { Settings = settings });

    /// <summary>Starts a server.</summary>
    public static async Task<ExeuntApp> StartAsync(ExeuntSetup setup)
    {
        var started = new ExeuntApp(setup);
        await started.RunAsync();
        return started;
    }

    /// <summary>Stops the server and starts it again on the same data, clock and settings. Clients must be made anew.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        await RunAsync();
    }

    /// <summary>A client for this server without cookies or redirects, with this access token if one is given. Dispose of it or do not: it costs nothing.</summary>
    public HttpClient Client(string? accessToken = null)
    {
        var client = new HttpClient(sockets, disposeHandler: false) { BaseAddress = Address };
        if (accessToken is not null) client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        return client;
    }

    /// <summary>Makes an account, straight in the ledger: registration has its own tests.</summary>
    public async Task<User> AddAccountAsync(string email, string password = Password, params string[] roles)
    {
        var hash = await Hashes.GetOrAdd(password, p => Services.GetRequiredService<Passwords>().HashAsync(p, CancellationToken.None));
        return await Ledger.RunAsync(transaction =>
        {
            var id = Id.New<UserId>(transaction.Now);
            var user = new User { Id = id, Issuer = Issuer, Subject = id.ToString(), Email = email, PasswordHash = hash, Roles = roles, CreatedAt = transaction.Now };
            transaction.Insert(user);
            return new ValueTask<User>(user);
        });
    }

    /// <summary>Makes an account and signs in to it, over HTTP.</summary>
    public async Task<SignedIn> SignUpAsync(string email, string password = Password, params string[] roles)
    {
        await AddAccountAsync(email, password, roles);
        return await SignInAsync(email, password);
    }

    /// <summary>Signs in over HTTP.</summary>
    public async Task<SignedIn> SignInAsync(string email, string password = Password, string? client = null, string? device = null, string? userAgent = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "api/v1/auth/login") { Content = Json.Body(new { email, password, client_id = client, device_name = device }) };
        if (userAgent is not null) request.Headers.TryAddWithoutValidation("User-Agent", userAgent);
        using var response = await Client().SendAsync(request);
        return SignedIn.Of(await response.JsonAsync(200));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        sockets.Dispose();
        Log.Dispose();
        folder?.Dispose();
    }

    private async Task RunAsync()
    {
        var overrides = new Dictionary<string, string?> { [$"{ExeuntOptions.Section}:Server:Issuer"] = Issuer };
        foreach (var (name, value) in setup.Settings.Where(s => s.Value is not null)) overrides[$"{ExeuntOptions.Section}:{name}"] = value;
        app = await ServerHost.BuildAsync(new("http://127.0.0.1:0", DataFolder, overrides), Adjust, CancellationToken.None);
        await app.StartAsync();
        Address = new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First().TrimEnd('/') + "/");
    }

    private void Adjust(WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<TimeProvider>(Clock);
        builder.Services.AddSingleton(_ => new Passwords(FewIterations));
        builder.Services.AddSingleton(new JournalServices.CommitTimer(Commits));
        builder.Logging.ClearProviders().AddProvider(Log);
        setup.Adjust?.Invoke(builder);
    }

    private async Task StopAsync()
    {
        using var hurry = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await app.StopAsync(hurry.Token);
        await app.DisposeAsync();
    }
}

/// <summary>How to start a server.</summary>
public sealed record ExeuntSetup
{
    /// <summary>Settings, named as in the section <c>Exeunt</c>.</summary>
    public IReadOnlyList<(string Name, string? Value)> Settings { get; init; } = [];

    /// <summary>Its clock; one of its own unless given.</summary>
    public TestClock Clock { get; init; } = new();

    /// <summary>Its data folder, which then stays; a temporary one unless given.</summary>
    public string? DataFolder { get; init; }

    /// <summary>Last word on the builder.</summary>
    public Action<WebApplicationBuilder>? Adjust { get; init; }
}
