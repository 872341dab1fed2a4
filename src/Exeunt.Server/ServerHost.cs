using Exeunt.Audit;
using Exeunt.Feed;
using Exeunt.Guard;
using Exeunt.Hosting;
using Exeunt.Http;
using Exeunt.Keys;
using Exeunt.Server.WebConsole;
using Exeunt.Storage;
using Exeunt.Storage.Journal;

namespace Exeunt.Server;

/// <summary>The one place where the parts are put together. <c>serve</c> runs it; tests build it with a clock of their own.</summary>
internal static partial class ServerHost
{
    // Watching appsettings.json for changes would cost every start, and settings are checked at start only.
    private static readonly string[] HostArguments = ["--hostBuilder:reloadConfigOnChange=false"];

    /// <summary>Checks the settings, opens the data folder and builds a server that is ready to start.</summary>
    /// <param name="settings">Where data lies and what to listen on.</param>
    /// <param name="adjust">Last word on the builder: a test replaces the <see cref="TimeProvider"/> here.</param>
    /// <param name="ct">Stops opening.</param>
    /// <exception cref="StartRefused">Something that was given cannot be worked with.</exception>
    public static async Task<WebApplication> BuildAsync(ServeSettings settings, Action<WebApplicationBuilder>? adjust, CancellationToken ct)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = HostArguments, ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddInMemoryCollection(settings.Overrides);
        builder.WebHost.ConfigureKestrel(RequestLimits.Configure);
        adjust?.Invoke(builder);

        var options = Settings.Read(builder.Configuration, out var mistakes);
        mistakes = [.. ListenAddresses.Check(settings.Urls), .. mistakes];
        if (mistakes.Count > 0) throw new StartRefused(mistakes);

        var folder = DataFolder.Open(settings.Data, settings.State);
        var alone = folder.LockForServer();
        try
        {
            return await BuildAsync(builder, settings, options, folder, alone, ct);
        }
        catch
        {
            await alone.DisposeAsync();
            throw;
        }
    }

    private static async Task<WebApplication> BuildAsync(
        WebApplicationBuilder builder, ServeSettings settings, ExeuntOptions options, DataFolder folder, FileStream alone, CancellationToken ct)
    {
        var clock = builder.Services.LastOrDefault(s => s.ServiceType == typeof(TimeProvider))?.ImplementationInstance as TimeProvider ?? TimeProvider.System;
        WebApplication? app = null;
        LedgerOpener.RefuseUnfinishedRestore(folder, options.Ledger);
        var made = LedgerOpener.Make(folder, options.Ledger, clock, options.Journal);

        // On another core, while the host is put together: that needs to know where the ledger comes from, and not the ledger.
        var opening = Task.Run(() => OpenAsync(settings, options, folder, made, (opening, inner) => FollowAsync(app!.Services, folder, opening, inner), ct), CancellationToken.None);
        try
        {
            builder.Services.AddSingleton(_ => alone); // by a factory, so that the folder is free again once the server is gone
            builder.Services.AddSingleton(folder);
            builder.Services.AddSingleton(provider =>
                new NodeMemoryKeeper(folder.Memory, provider.GetRequiredService<ILedgerStore>(), provider.GetRequiredService<ILogger<NodeMemoryKeeper>>()));
            builder.Services.AddHostedService(provider => provider.GetRequiredService<NodeMemoryKeeper>());
            builder.Services.AddHostedService<ControlSocket>();
            builder.Services.AddHostedService<StartLeftovers>();
            builder.Services.AddExeunt(
                options, made.Store.Clock, () => opening.GetAwaiter().GetResult().Ledger.Store, new RevocationIndex(), () => opening.GetAwaiter().GetResult().Keys);
            builder.Services.AddJournal(folder.Journal);
            app = builder.Build();

            var (ledger, _, changes) = await opening;
            foreach (var url in ledger.Urls.Split(';', StringSplitOptions.RemoveEmptyEntries)) app.Urls.Add(url);
            app.Services.GetRequiredService<FileStream>(); // made now, so that it is disposed of with the others
            await BeginAsync(app.Services, folder, ledger, changes, ct);
            app.UseExeunt();
            app.MapExeunt();
            app.MapConsole(options);
            return app;
        }
        catch
        {
            if (app is not null) await app.DisposeAsync(); // the ledger's writer and whatever else has been made by then
            await ((Task)opening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (opening.IsCompletedSuccessfully) await opening.Result.Ledger.Store.DisposeAsync();
            throw;
        }
    }

    // The ledger and the keys. If this fails, nothing is left open.
    private static async Task<(OpenLedger Ledger, KeyRing Keys, IReadOnlyList<KeyChange> Changes)> OpenAsync(
        ServeSettings settings, ExeuntOptions options, DataFolder folder, (ILedgerStore Store, Func<IKeyVault> Vault) made, Func<OpenedLedger, ILedgerStore, Task> opened,
        CancellationToken ct)
    {
        var ledger = await OpenLedger.OpenAsync(folder, options, settings.Urls, made, opened, ct);
        try
        {
            IReadOnlyList<KeyChange> changes = [];
            var now = ledger.Store.Clock.GetUtcNow();
            var policy = KeyPolicy.Of(options);
            var keys = LedgerOpener.OpenKeys(() =>
                ledger.IsAway ? KeyRing.Peek(ledger.Opening.Vault(), policy, now, out _) : KeyRing.Open(ledger.Opening.Vault(), policy, now, out changes));
            return (ledger, keys, changes);
        }
        catch
        {
            await ledger.Store.DisposeAsync();
            throw;
        }
    }

    private static async Task BeginMemoryAsync(NodeMemoryKeeper memory, DataFolder folder, CancellationToken ct)
    {
        try
        {
            await memory.BeginAsync(ct);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new StartRefused($"--state: {folder.Memory} cannot be written ({failure.Message.TrimEnd('.')}); give a file that this user may write.");
        }
    }

    // In the order of P2: what the journal holds is enforced before anything is served, and written before anything else is.
    private static async Task BeginAsync(IServiceProvider parts, DataFolder folder, OpenLedger ledger, IReadOnlyList<KeyChange> changes, CancellationToken ct)
    {
        Tell(Log(parts), folder, ledger.Opening);
        LedgerOpener.OpenJournal(parts.BeginJournal);
        if (parts.GetRequiredService<EndingJournal>().State.Newest is { } newest) ledger.Store.Clock.NotBefore(newest);
        var outage = parts.GetRequiredService<LedgerOutage>();
        if (ledger.WhyAway is { } why) outage.Begin(why, ledger.Store.Clock.GetUtcNow());
        else await BeginMemoryAsync(parts.GetRequiredService<NodeMemoryKeeper>(), folder, ct);
        if (!ledger.IsAway && outage.IsAway) await parts.GetRequiredService<LedgerRecovery>().TryAsync();

        if (outage.IsAway) BeginFromMemory(parts, NodeMemoryKeeper.Read(folder.Memory, out _));
        else await RotateKeys.RecordAsync(parts.GetRequiredService<Ledger>(), Actor.Job("key rotation"), changes);
    }

    // Without the ledger, this node's memory says who has left, and how far guards that come back may go on from.
    private static void BeginFromMemory(IServiceProvider parts, NodeMemory memory)
    {
        parts.GetRequiredService<RevocationIndex>().Apply(memory.Revocations);
        if (memory.Epoch.Length > 0) parts.GetRequiredService<RevocationFeed>().Begin(new(memory.Epoch, memory.Sequence));
    }

    // What a start with the ledger does at once.
    private static async Task FollowAsync(IServiceProvider parts, DataFolder folder, OpenedLedger opening, ILedgerStore store)
    {
        Tell(Log(parts), folder, opening);
        await parts.GetRequiredService<NodeMemoryKeeper>().BeginAsync(store, CancellationToken.None);
    }

    private static ILogger Log(IServiceProvider parts) => parts.GetRequiredService<ILoggerFactory>().CreateLogger("Exeunt.Server");

    private static void Tell(ILogger log, DataFolder folder, OpenedLedger opening)
    {
        if (folder.OthersCanLook) OthersCanLook(log, folder.Path);
        if (opening.DamagedLines > 1) MemoryDamaged(log, folder.Memory, opening.DamagedLines);
        if (opening.RolledBack) RolledBack(log, opening.TakenBack);
    }

    [LoggerMessage(1501, LogLevel.Critical,
        "THE DATABASE WAS PUT BACK FROM AN OLDER COPY. A new epoch begins; {TakenBack} endings that this node still knew were written back. " +
        "What was recorded since the copy and is not an ending is lost: accounts, passwords, audit entries. The audit trail says state_rolled_back.")]
    private static partial void RolledBack(ILogger log, int takenBack);

    [LoggerMessage(1502, LogLevel.Warning, "Others can list the data folder {Folder}; its files are private all the same. To close it, run: chmod 700 {Folder}")]
    private static partial void OthersCanLook(ILogger log, string folder);

    [LoggerMessage(1503, LogLevel.Warning, "{Lines} lines of {File} are damaged and were left out")]
    private static partial void MemoryDamaged(ILogger log, string file, int lines);
}

/// <summary>What <c>serve</c> is told on the command line.</summary>
/// <param name="Urls">Addresses to listen on, separated by semicolons.</param>
/// <param name="Data">The data folder.</param>
/// <param name="Overrides">Settings given on the command line; they win over files and environment.</param>
/// <param name="State">Where the node's memory is to be; null for in the data folder.</param>
internal sealed record ServeSettings(string Urls, string Data, IReadOnlyDictionary<string, string?> Overrides, string? State = null)
{
    /// <summary>What <c>serve</c> listens on when nobody says it.</summary>
    public const string DefaultUrls = "http://127.0.0.1:8080";

    /// <summary>Where data lies when nobody says it.</summary>
    public const string DefaultData = "./data";
}
