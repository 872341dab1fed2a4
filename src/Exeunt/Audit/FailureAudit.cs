using Exeunt.Accounts;
using Exeunt.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Exeunt.Audit;

/// <summary>
/// Records what people fail at, without letting them fill the audit trail: the first ten failures of one session, or of one address when nobody has proved
/// who they are, are recorded each within a minute, the rest of the minute as one entry for each kind that says how many there were. Of IPv6 an address is
/// its first 64 bits, as for the throttle.
/// </summary>
public sealed partial class FailureAudit(Ledger ledger, TimeProvider clock, ILogger<FailureAudit> log) : BackgroundService
{
    /// <summary>Failures of one source within a minute that are recorded each.</summary>
    public const int RecordedEach = 10;

    // Beyond this many sources in one minute they are counted together, without saying whose they were.
    private const int MostSources = 10_000;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();
    private readonly SemaphoreSlim writing = new(1, 1);
    private readonly Dictionary<Source, Counter> sources = [];
    private readonly Dictionary<string, long> ofOthers = [];

    /// <summary>Records the failure, or counts it. Its time is when it is written.</summary>
    /// <exception cref="LedgerUnavailableException">It was not recorded.</exception>
    public async Task RecordAsync(AuditEntry failure)
    {
        if (!MayRecord(Source.Of(failure), failure.Action)) return;
        await AppendAsync([failure]);
    }

    /// <summary>Writes down what has been counted in minutes that are over.</summary>
    /// <param name="everything">Also those that are not over yet.</param>
    public async Task WriteCountsAsync(bool everything)
    {
        // One at a time: when this returns, what was counted before it is in the ledger, whoever took it.
        await writing.WaitAsync();
        try
        {
            var counted = TakeCounts(everything);
            if (counted.Count > 0) await AppendAsync(counted);
        }
        finally
        {
            writing.Release();
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        writing.Dispose();
        base.Dispose();
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
        catch (Exception failure)
        {
            // Whatever it was: a server that stopped for it would refuse everybody's logout.
            CountsLost(log, failure);
        }
    }

    private bool MayRecord(Source source, string action)
    {
        var now = clock.GetUtcNow();
        lock (gate)
        {
            if (!sources.TryGetValue(source, out var counter))
            {
                if (sources.Count >= MostSources)
                {
                    CountOne(ofOthers, action);
                    return false;
                }

                sources[source] = counter = new() { Ends = now + Minute };
            }

            if (counter.Failures < RecordedEach || now >= counter.Ends)
            {
                // A new minute may begin here before the last one has been written down: what was counted in it stays.
                if (now >= counter.Ends) (counter.Ends, counter.Failures) = (now + Minute, 0);
                counter.Failures++;
                return true;
            }

            CountOne(counter.NotRecorded, action);
            return false;
        }
    }

    private List<AuditEntry> TakeCounts(bool everything)
    {
        lock (gate)
        {
            var now = clock.GetUtcNow();
            var counted = new List<AuditEntry>();
            foreach (var (source, counter) in sources.Where(s => everything || s.Value.Ends <= now).ToList())
            {
                counted.AddRange(Counted(counter.NotRecorded, source));
                sources.Remove(source);
            }

            counted.AddRange(Counted(ofOthers, Source.Unknown));
            ofOthers.Clear();
            return counted;
        }
    }

    private Task AppendAsync(IReadOnlyList<AuditEntry> entries) => ledger.RunAsync(transaction =>
    {
        foreach (var entry in entries) transaction.Append(entry with { At = transaction.Now });
        return new ValueTask<bool>(true);
    });

    private static void CountOne(Dictionary<string, long> counts, string action) => counts[action] = counts.GetValueOrDefault(action) + 1;

    // What was counted is its detail: a report on failed sign-ins must not count refused logouts.
    private static List<AuditEntry> Counted(Dictionary<string, long> counts, Source source) =>
    [
        .. counts.Select(count => new AuditEntry
        {
            At = default,
            Action = AuditActions.FailuresCounted,
            By = source.By,
            User = source.By.User,
            Session = source.By.Session,
            Detail = count.Key,
            Count = count.Value,
            Address = source.Address,
        }),
    ];

    [LoggerMessage(1301, LogLevel.Warning, "The count of failed attempts of the last minute could not be recorded")]
    private static partial void CountsLost(ILogger log, Exception unavailable);

    // Whose failures are counted together.
    private sealed record Source(Actor By, string? Address)
    {
        public static Source Unknown { get; } = new(Actor.Nobody, null);

        public static Source Of(AuditEntry failure) => failure.By.Session is null
            ? Unknown with { Address = failure.Address is null ? null : SignInThrottle.AddressBlock(failure.Address) }
            : new(failure.By, null);
    }

    private sealed class Counter
    {
        public DateTimeOffset Ends { get; set; }

        public int Failures { get; set; }

        public Dictionary<string, long> NotRecorded { get; } = [];
    }
}
