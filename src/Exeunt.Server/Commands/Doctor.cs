using Exeunt.Hosting;
using Exeunt.Keys;
using Exeunt.Postgres;
using Exeunt.Sqlite;
using Exeunt.Storage;
using Exeunt.Storage.Journal;

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
        Journal(folder, findings);
        await LedgerAsync(folder, options, findings, ct);
        return findings;
    }

    // Read beside a running server, which may be writing it: what is not whole yet is left out.
    private static void Journal(DataFolder folder, List<Finding> findings)
    {
        try
        {
            var content = JournalContent.Read(folder.Journal);
            if (content.Damaged > 0) findings.Add(new("journal", Bad, $"damaged in {content.Damaged} places: endings that were acknowledged may be lost"));
            findings.Add(content.Records is [var oldest, ..]
                ? new("journal", Look, $"{content.Records.Count} endings are not in the ledger yet, the oldest of {oldest.At:u}; a running server writes them as soon as the ledger is back, and every start does")
                : new("journal", Good, File.Exists(folder.Journal) ? "empty" : "made when the server starts"));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            findings.Add(new("journal", Bad, $"cannot be read: {failure.Message}"));
        }
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
            Keys(opening.Vault(), options, store, findings);
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

    // Ledger time never goes back, so when the ledger is ahead of the wall clock, the clock is slow now or was fast before.
    private static void Clock(ILedgerStore store, List<Finding> findings)
    {
        var ahead = store.Clock.GetUtcNow() - TimeProvider.System.GetUtcNow();
        findings.Add(ahead > ClockTolerance
            ? new("clock", Bad, $"it is {SpanText.Of(TimeSpan.FromSeconds(Math.Round(ahead.TotalSeconds)))} behind the ledger; set it right (NTP); until it has caught up, ledger time runs at half its speed, and everything lives twice as long")
            : new("clock", Good, "not behind the ledger"));
    }

    private static void Keys(IKeyVault vault, ExeuntOptions options, ILedgerStore store, List<Finding> findings)
    {
        var now = store.Clock.GetUtcNow();
        var keys = LedgerOpener.OpenKeys(() => KeyRing.Peek(vault, KeyPolicy.Of(options), now, out _)).List(now);
        findings.Add(new("keys", Good, $"{keys.Count(key => key.Kind == "signing")} for signing, {keys.Count(key => key.Kind == "secret")} for refresh tokens"));
    }
}
