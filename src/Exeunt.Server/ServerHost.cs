using Exeunt.Guard;
using Exeunt.Hosting;
using Exeunt.Http;
using Exeunt.Keys;
using Exeunt.Protocol.Jose;
using Exeunt.Sqlite;
using Exeunt.Storage;

namespace Exeunt.Server;

/// <summary>The one place where the parts are put together. <c>serve</c> runs it; tests build it with a clock of their own.</summary>
internal static class ServerHost
{
    /// <summary>Opens the data folder and builds a server that is ready to start.</summary>
    /// <param name="settings">Where data lies and what to listen on.</param>
    /// <param name="adjust">Last word on the builder: a test replaces the <see cref="TimeProvider"/> here.</param>
    /// <param name="ct">Stops opening.</param>
    public static async Task<WebApplication> BuildAsync(ServeSettings settings, Action<WebApplicationBuilder>? adjust, CancellationToken ct)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [], ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddInMemoryCollection(settings.Overrides);
        builder.WebHost.UseUrls(settings.Urls);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 64 * 1024;
            kestrel.Limits.MaxRequestHeadersTotalSize = 32 * 1024;
            kestrel.Limits.MaxConcurrentConnections = 10_000;
        });
        adjust?.Invoke(builder);

        var options = builder.Configuration.GetSection(ExeuntOptions.Section).Get<ExeuntOptions>() ?? new();
        options.Server.Issuer ??= settings.Urls.Split(';')[0].TrimEnd('/');

        KeyFolder.CreatePrivate(settings.Data);
        var keys = new KeyFolder(settings.Data);
        var signing = keys.LoadSigningKeys(JwsAlgorithm.ES256);
        var clock = builder.Services.LastOrDefault(s => s.ServiceType == typeof(TimeProvider))?.ImplementationInstance as TimeProvider ?? TimeProvider.System;
        var store = new SqliteLedger(Path.Combine(settings.Data, "exeunt.db"), clock);
        await store.OpenAsync(NodeMemory.Empty, ct);

        builder.Services.AddExeunt(options, store, new RevocationIndex(), keys.LoadServerKeys(), new SigningKeys(signing[0], new JwkSet(signing.Select(k => k.Public))));

        var app = builder.Build();
        app.UseExeunt();
        app.MapExeunt();
        return app;
    }
}

/// <summary>What <c>serve</c> is told on the command line.</summary>
/// <param name="Urls">Addresses to listen on, separated by semicolons.</param>
/// <param name="Data">The data folder.</param>
/// <param name="Overrides">Settings given on the command line; they win over files and environment.</param>
internal sealed record ServeSettings(string Urls, string Data, IReadOnlyDictionary<string, string?> Overrides);
