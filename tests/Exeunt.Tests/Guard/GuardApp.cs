using System.Net.Http.Headers;
using System.Security.Claims;
using Exeunt.Guard;
using Exeunt.Tests.Feed;
using Exeunt.Tests.Support;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace Exeunt.Tests.Guard;

/// <summary>A protected API in this process, on a port of its own, with a clock that moves when told to.</summary>
internal sealed class GuardApp : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly WebApplication app;

    private GuardApp(WebApplication app) => this.app = app;

    public IServiceProvider Services => app.Services;

    public RevocationGuard Guard => Services.GetRequiredService<RevocationGuard>();

    public RevocationIndex Index => Services.GetRequiredService<RevocationIndex>();

    public LogLines Log { get; private init; } = null!;

    public Uri Address { get; private set; } = null!;

    /// <summary>An API that AddExeunt protects, in touch with a server.</summary>
    public static async Task<GuardApp> StartAsync(ExeuntApp server, Action<GuardOptions>? more = null)
    {
        var guard = await StartAsync(await FeedReader.AddClientAsync(server), server.Clock, o =>
        {
            o.Servers.Add(server.Address);
            more?.Invoke(o);
        });
        await guard.SyncedAsync();
        return guard;
    }

    /// <summary>An API, whether its server is there or not.</summary>
    public static async Task<GuardApp> StartAsync((string Id, string Secret) credentials, TimeProvider clock, Action<GuardOptions> more, bool cookies = false,
        Action<WebApplication>? endpoints = null)
    {
        var log = new LogLines();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(log);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton<TimeProvider>(new GuardTime(clock));
        void Configure(GuardOptions o)
        {
            o.Issuer = ExeuntApp.Issuer;
            if (!cookies) o.Audiences.Add("exeunt");
            (o.ClientId, o.ClientSecret) = credentials;
            more(o);
        }

        if (cookies)
        {
            var schemes = builder.Services.AddAuthentication("cookies");
            foreach (var scheme in new[] { "cookies", "others" }) schemes.AddCookie(scheme, o => o.Events.OnRedirectToLogin = context => Task.FromResult(context.Response.StatusCode = 401));
            builder.Services.AddExeuntRevocation(Configure);
        }
        else
        {
            builder.Services.AddAuthentication().AddExeunt(Configure);
        }

        builder.Services.AddAuthorization();
        builder.Services.AddSignalR();
        var built = builder.Build();
        built.UseAuthentication();
        built.UseAuthorization();
        if (cookies) built.UseExeuntRevocation();
        built.MapGet("/", (HttpContext http) => http.User.FindFirst("sid")?.Value ?? "").RequireAuthorization();
        built.MapGet("/transfer", () => "done").RequireAuthorization().RequireFresh(TimeSpan.FromSeconds(10));
        built.MapGet("/admin", () => "hello").RequireAuthorization(policy => policy.RequireRole("admin"));
        built.MapGet("/open", () => "open");
        if (cookies) built.MapGet("/others", () => "hello").RequireAuthorization(policy => policy.AddAuthenticationSchemes("others").RequireAuthenticatedUser());
        built.MapPost("/sign-in/{scheme=cookies}", (HttpContext http, string scheme) => http.SignInAsync(scheme, new ClaimsPrincipal(new ClaimsIdentity(http.Request.Query.Select(q => new Claim(q.Key, q.Value.ToString())), "cookies"))));
        endpoints?.Invoke(built);
        await built.StartAsync();
        return new(built) { Log = log, Address = new(built.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First() + "/") };
    }

    /// <summary>Waits until it has heard all that its server knows.</summary>
    public Task SyncedAsync() => UntilAsync(() => Guard.Age < TimeSpan.FromSeconds(15));

    public async Task UntilAsync(Func<bool> isSo)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!isSo())
        {
            if (patience.IsCancellationRequested) throw new TimeoutException($"It did not come to be. Age {Guard.Age}.\n{string.Join('\n', Log.All)}");
            await Task.Yield();
        }
    }

    /// <summary>Asks until the token is refused with 401: other answers than 200 and 401 are failures.</summary>
    public async Task RefusedAsync(string token)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (await StatusAsync(token) is var status && status != 401)
        {
            Assert.Equal(200, status);
            if (patience.IsCancellationRequested) throw new TimeoutException("The token is not refused.");
        }
    }

    public async Task<int> StatusAsync(string? token, string path = "")
    {
        using var response = await AskAsync(token, path);
        return (int)response.StatusCode;
    }

    public async Task<HttpResponseMessage> AskAsync(string? token, string path = "", params (string Name, string Value)[] headers)
    {
        using var client = new HttpClient { BaseAddress = Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return await client.SendAsync(request);
    }

    public async Task<HealthStatus> HealthAsync() => (await Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Status;

    public async ValueTask DisposeAsync()
    {
        using var hurry = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await app.StopAsync(hurry.Token);
        await app.DisposeAsync();
        Log.Dispose();
    }
}

/// <summary>Shows the time of a clock that moves when told to, while timers run by themselves: so a guard comes back to its server without being pushed.</summary>
internal sealed class GuardTime(TimeProvider shown) : TimeProvider
{
    public override long TimestampFrequency => shown.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => shown.GetUtcNow();

    public override long GetTimestamp() => shown.GetTimestamp();
}
