using Exeunt.Audit;
using Exeunt.Hosting;
using Exeunt.Jobs;
using Exeunt.LoadBench.Processes;
using Exeunt.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Exeunt.LoadBench.Prepared;

/// <summary>A node in this process with the jobs that clean, which run when they are told to; and the past that it has to clean.</summary>
internal sealed class CleaningNode : IAsyncDisposable
{
    private static readonly RetentionOptions Retention = new();
    private static readonly TimeSpan BetweenRounds = TimeSpan.FromSeconds(1);

    private readonly DataFolder folder;
    private readonly ExpireSessions expire;
    private readonly CutAudit cut;

    private CleaningNode(DataFolder folder, Kernel kernel)
    {
        this.folder = folder;
        Kernel = kernel;
        expire = new(kernel.Ledger, kernel.Grouping);
        cut = new(kernel.Ledger, kernel.Signing, new() { Retention = Retention }, NullLogger<CutAudit>.Instance);
    }

    public Kernel Kernel { get; }

    public static async Task<CleaningNode> OpenAsync(DataFolder folder) => new(folder, await Kernel.OpenAsync(folder));

    /// <summary>What retention keeps begins here.</summary>
    public static DateTimeOffset OldestKept(Kernel kernel) => kernel.Store.Clock.GetUtcNow() - Retention.Audit;

    /// <summary>Writes entries into this node's chain that are older than their retention.</summary>
    public async Task AddOldEntriesAsync(int entries)
    {
        await using var past = await OpenPastAsync();
        await Multitude.AddAuditAsync(past, entries);
    }

    /// <summary>Signs where all chains stood then: only what is signed may be cut.</summary>
    public async Task SignOldEntriesAsync()
    {
        await using var past = await OpenPastAsync();
        await using var ledger = new Ledger(past, _ => { }, NullLogger<Ledger>.Instance);
        await new SignCheckpoint(ledger, Kernel.Signing, Kernel.Rules).HandleAsync();
    }

    /// <summary>Runs the jobs, round after round, until there is nothing left for any node.</summary>
    public async Task CleanAsync()
    {
        while (true)
        {
            await Task.WhenAll(expire.RunOnceAsync(CancellationToken.None), cut.RunOnceAsync(CancellationToken.None));
            if (!await IsAnythingLeftAsync()) return;
            await Task.Delay(BetweenRounds); // the others are at it; asking is dear, and asked again and again it would be what logouts wait for
        }
    }

    /// <summary>Whether every chain fits its entries and every checkpoint.</summary>
    public async Task<bool> VerifyAsync() => (await new VerifyAudit(Kernel.Store, Kernel.Signing).HandleAsync(null, null, CancellationToken.None)).Holds;

    private Task<bool> IsAnythingLeftAsync() => PostgresServer.AskAsync<bool>(folder.Postgres!, $"""
        select exists (select from sessions where ended_at is null and expires_at < {Kernel.Store.Clock.GetUtcNow().ToUnixTimeMilliseconds()})
            or exists (select from audit where action = '{AuditActions.SignedIn}' and at < {OldestKept(Kernel).ToUnixTimeMilliseconds()})
        """);

    public ValueTask DisposeAsync() => Kernel.DisposeAsync();

    private async Task<ILedgerStore> OpenPastAsync()
    {
        var past = folder.Connect(new PastClock(Retention.Audit + TimeSpan.FromDays(1)));
        await past.OpenAsync(NodeMemory.Empty, CancellationToken.None);
        return past;
    }

    private sealed class PastClock(TimeSpan ago) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() - ago;
    }
}
