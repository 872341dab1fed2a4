using Exeunt.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Exeunt.Audit;

/// <summary>
/// Records what strangers fail at, without letting them fill the audit trail: the first ten failures of one address within a minute are recorded each, the
/// rest of the minute as one entry that says how many there were.
/// </summary>
public sealed partial class FailureAudit(Ledger ledger, TimeProvider clock, ILogger<FailureAudit> log) : BackgroundService
{
    /// <summary>Failures of one address within a minute that are recorded each.</summary>
    public const int RecordedEach = 10;

    // Beyond this many addresses in one minute they are counted together, without their addresses.
    private const int MostAddresses = 10_000;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();
    private readonly Dictionary<string, Counter> addresses = [];
    private long ofOthers;

    /// <summary>Records the failure, or counts it. Its time is when it is written.</summary>
    /// <exception cref="LedgerUnavailableException">It was not recorded.</exception>
    public async Task RecordAsync(AuditEntry failure)
    {
        if (!MayRecord(failure.Address ?? "")) return;
        await AppendAsync([failure]);
    }

    /// <summary>Writes down what has been counted in minutes that are over.</summary>
    /// <param name="everything">Also those that are not over yet.</param>
    public async Task WriteCountsAsync(bool everything)
    {
        var counted = TakeCounts(everything);
        if (counted.Count > 0) await AppendAsync(counted);
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await TryWriteCountsAsync(everything: true);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Minute, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) await TryWriteCountsAsync(everything: false);
        }
        catch (OperationCanceledException)
        {
            // The server stops; StopAsync writes the rest.
        }
    }

    private async Task TryWriteCountsAsync(bool everything)
    {
        try
        {
            await WriteCountsAsync(everything);
        }
        catch (LedgerUnavailableException unavailable)
        {
            CountsLost(log, unavailable);
        }
    }

    private bool MayRecord(string address)
    {
        var now = clock.GetUtcNow();
        lock (gate)
        {
            if (!addresses.TryGetValue(address, out var counter))
            {
                if (addresses.Count >= MostAddresses)
                {
                    ofOthers++;
                    return false;
                }

                addresses[address] = counter = new() { Ends = now + Minute };
            }

            if (counter.Failures < RecordedEach || now >= counter.Ends)
            {
                // A new minute may begin here before the last one has been written down: what was counted in it stays.
                if (now >= counter.Ends) (counter.Ends, counter.Failures) = (now + Minute, 0);
                counter.Failures++;
                return true;
            }

            counter.NotRecorded++;
            return false;
        }
    }

    private List<AuditEntry> TakeCounts(bool everything)
    {
        lock (gate)
        {
            var now = clock.GetUtcNow();
            var counted = new List<AuditEntry>();
            foreach (var (address, counter) in addresses.Where(a => everything || a.Value.Ends <= now).ToList())
            {
                if (counter.NotRecorded > 0) counted.Add(Counted(counter.NotRecorded, address.Length == 0 ? null : address));
                addresses.Remove(address);
            }

            if (ofOthers > 0) counted.Add(Counted(ofOthers, null));
            ofOthers = 0;
            return counted;
        }
    }

    private Task AppendAsync(IReadOnlyList<AuditEntry> entries) => ledger.RunAsync(transaction =>
    {
        foreach (var entry in entries) transaction.Append(entry with { At = transaction.Now });
        return new ValueTask<bool>(true);
    });

    private static AuditEntry Counted(long count, string? address) =>
        new() { At = default, Action = AuditActions.FailuresCounted, By = Actor.Nobody, Count = count, Address = address };

    [LoggerMessage(1301, LogLevel.Warning, "The count of failed attempts of the last minute could not be recorded")]
    private static partial void CountsLost(ILogger log, Exception unavailable);

    private sealed class Counter
    {
        public DateTimeOffset Ends { get; set; }

        public int Failures { get; set; }

        public long NotRecorded { get; set; }
    }
}
