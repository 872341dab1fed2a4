using Exeunt.Hosting;
using Exeunt.Keys;
using Exeunt.Postgres;
using Exeunt.Sqlite;
using Exeunt.Storage;

namespace Exeunt.Server.Commands;

/// <summary>The checks of <c>doctor</c>, in the order in which a start would meet them. The ledger is opened as a start opens it.</summary>
internal static class Doctor
{
    public const string Bad = "BAD";
    public const string Good = "good";
    public const string Look = "look";

    private const long LittleSpace = 1L << 30; // a gibibyte
    private const long NoSpace = 64L << 20;
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(5);

    public static async Task<IReadOnlyList<Finding>> LookAsync(string data, string? state, IReadOnlyDictionary<string, string?> overrides, CancellationToken ct)
    {
        var findings = new List<Finding>();
        var options = Settings(overrides, findings);
        if (Folder(data, state, options?.Ledger.Postgres is not null, findings) is not { } folder) return findings;
        Disk(folder, findings);
        await LedgerAsync(folder, options, findings, ct);
        return findings;
    }

    private static ExeuntOptions? Settings(IReadOnlyDictionary<string, string?> overrides, List<Finding> findings)
    {
        try
        {
            var options = Workplace.ReadOptions(overrides);
            findings.Add(new("settings", Good, "every setting is known and fits"));
            if (options.Accounts.Registration == "open") findings.Add(new("registration", Look, "anyone may register; set Exeunt:Accounts:Registration to invite or closed unless you mean it"));
            if (options.Server.Issuer is { } issuer && issuer.StartsWith("http:", StringComparison.Ordinal) && !new Uri(issuer).IsLoopback)
                findings.Add(new("issuer", Look, $"{issuer} is not https: tokens travel readable for everybody on the way"));
            return options;
        }
        catch (StartRefused refused)
        {
            findings.AddRange(refused.Mistakes.Select(mistake => new Finding("settings", Bad, mistake)));
            return null;
        }
    }

    private static DataFolder? Folder(string data, string? state, bool isShared, List<Finding> findings)
    {
        try
        {
            var folder = isShared ? DataFolder.Open(data, state) : DataFolder.OpenExisting(data, state);
            findings.Add(folder.OthersCanLook
                ? new("data folder", Look, $"others can list {folder.Path}; run: chmod 700 {folder.Path}")
                : new("data folder", Good, $"{folder.Path}, for its owner only"));
            findings.Add(new("server", Good, folder.IsServed() ? "one is running on this folder" : "none is running on this folder"));
            return folder;
        }
        catch (StartRefused refused)
        {
            findings.Add(new("data folder", Bad, refused.Message));
            return null;
        }
    }

    private static void Disk(DataFolder folder, List<Finding> findings)
    {
        var free = new DriveInfo(folder.Path).AvailableFreeSpace;
        var detail = $"{free >> 20} MiB free";
        findings.Add(free switch
        {
            < NoSpace => new("disk", Bad, $"{detail}: logouts are about to be refused; make room"),
            < LittleSpace => new("disk", Look, $"{detail}: make room before it is less"),
            _ => new("disk", Good, detail),
        });
    }

    private static async Task LedgerAsync(DataFolder folder, ExeuntOptions? options, List<Finding> findings, CancellationToken ct)
    {
        ILedgerStore? store = null;
        try
        {
            var opening = await LedgerOpener.OpenAsync(folder, options?.Ledger ?? new(), TimeProvider.System, ct);
            store = opening.Store;
            if (store is PostgresLedger shared) PostgresDoctor.Look(await shared.InspectAsync(ct), findings);
            else findings.Add(new("database engine", Good, SqliteLedger.EngineDescription));
            findings.Add(opening.RolledBack
                ? new("ledger", Look, $"it was put back from an older copy; {opening.TakenBack} endings that this node knew were written back")
                : new("ledger", Good, $"epoch {store.Epoch}, {(await store.AuditHeadsAsync(ct)).Sum(head => head.Number)} audit entries"));
            if (store is PostgresLedger) PostgresDoctor.Clock(store.Clock, findings);
            else Clock(store, findings);
            if (options is null) return;

            await OwnIssuer.SettleAsync(options, urls: null, store, ct);
            findings.Add(new("issuer", Good, options.Server.Issuer!));
            Keys(opening.Vault, options, store, findings);
        }
        catch (StartRefused refused)
        {
            findings.AddRange(refused.Mistakes.Select(mistake => new Finding("ledger", Bad, mistake)));
        }
        finally
        {
            if (store is not null) await store.DisposeAsync();
        }
    }

    // Ledger time never goes back, so when the ledger is ahead of the wall clock, somebody has set the clock back.
    private static void Clock(ILedgerStore store, List<Finding> findings)
    {
        var ahead = store.Clock.GetUtcNow() - TimeProvider.System.GetUtcNow();
        findings.Add(ahead > ClockTolerance
            ? new("clock", Bad, $"it is {SpanText.Of(TimeSpan.FromSeconds(Math.Round(ahead.TotalSeconds)))} behind the ledger; set it right (NTP), or time will stand still until it has caught up")
            : new("clock", Good, "not behind the ledger"));
    }

    private static void Keys(IKeyVault vault, ExeuntOptions options, ILedgerStore store, List<Finding> findings)
    {
        var now = store.Clock.GetUtcNow();
        var keys = LedgerOpener.OpenKeys(() => KeyRing.Peek(vault, KeyPolicy.Of(options), now, out _)).List(now);
        findings.Add(new("keys", Good, $"{keys.Count(key => key.Kind == "signing")} for signing, {keys.Count(key => key.Kind == "secret")} server secrets"));
    }
}
