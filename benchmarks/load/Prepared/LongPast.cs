using Exeunt.Audit;
using Exeunt.Hosting;
using Exeunt.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Exeunt.LoadBench.Prepared;

/// <summary>Audit entries of a day that is older than what retention keeps.</summary>
internal static class LongPast
{
    private static readonly TimeSpan Retention = new RetentionOptions().Audit;

    /// <summary>What retention keeps begins here.</summary>
    public static DateTimeOffset OldestKept(Kernel kernel) => kernel.Store.Clock.GetUtcNow() - Retention;

    /// <summary>Writes entries into the chain of the folder's node.</summary>
    public static async Task AddEntriesAsync(DataFolder folder, int entries)
    {
        await using var past = await OpenAsync(folder);
        await Multitude.AddAuditAsync(past, entries);
    }

    /// <summary>Signs where all chains stood then: only what is signed may be cut.</summary>
    public static async Task SignAsync(DataFolder folder, Kernel kernel)
    {
        await using var past = await OpenAsync(folder);
        await using var ledger = new Ledger(past, _ => { }, NullLogger<Ledger>.Instance);
        await new SignCheckpoint(ledger, kernel.Signing, kernel.Rules).HandleAsync();
    }

    private static async Task<ILedgerStore> OpenAsync(DataFolder folder)
    {
        var past = folder.Connect(new PastClock(Retention + TimeSpan.FromDays(1)));
        await past.OpenAsync(NodeMemory.Empty, CancellationToken.None);
        return past;
    }

    private sealed class PastClock(TimeSpan ago) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() - ago;
    }
}
