using System.Diagnostics.Metrics;

namespace Exeunt.Storage.Journal;

/// <summary>What a server measures of its ledger and its journal, under the meter <see cref="MeterName"/>: an operator is to be woken by it.</summary>
public sealed class JournalMetrics
{
    /// <summary>The name to listen to.</summary>
    public const string MeterName = "Exeunt";

    /// <summary>Begins to measure.</summary>
    public JournalMetrics(IMeterFactory meters, EndingJournal journal, LedgerOutage outage, TimeProvider clock)
    {
        var meter = meters.Create(MeterName);
        meter.CreateObservableGauge("exeunt.ledger.outage", () => Since(outage.Since), "s", "How long the ledger has been away; 0 while it is there");
        meter.CreateObservableGauge("exeunt.journal.depth", () => journal.State.Depth, "{ending}", "Logouts that are not in the ledger yet");
        meter.CreateObservableGauge("exeunt.journal.age", () => Since(journal.State.Oldest), "s", "How long the oldest of them has waited; 0 when there is none");
        meter.CreateObservableGauge("exeunt.journal.writable", () => journal.State.IsWritable ? 1 : 0, "1", "1 while the journal can take another logout, 0 when it cannot");

        double Since(DateTimeOffset? then) => then is { } time ? Math.Max(0, (clock.GetUtcNow() - time).TotalSeconds) : 0;
    }
}
