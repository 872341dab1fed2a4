using System.Diagnostics.Metrics;
using Exeunt.Guard.Feed;

namespace Exeunt.Guard;

/// <summary>What a guard measures, under the meter <see cref="MeterName"/>.</summary>
public sealed class GuardMetrics
{
    /// <summary>The name to listen to.</summary>
    public const string MeterName = "Exeunt.Guard";

    private readonly Histogram<double> propagation;
    private readonly Counter<long> refusals;
    private readonly Counter<long> reconnects;
    private readonly Counter<long> broken;

    internal GuardMetrics(IMeterFactory meters, RevocationIndex index, Freshness freshness)
    {
        var meter = meters.Create(MeterName);
        meter.CreateObservableGauge("exeunt.guard.lag", () => freshness.Age.TotalSeconds, "s", "Age of what the guard knows; huge while it has never been synced");
        meter.CreateObservableGauge("exeunt.guard.revocations", () => index.Count, "{revocation}", "Revocations in force");
        meter.CreateObservableGauge("exeunt.guard.index.size", () => index.Bytes, "By", "Memory of the revocations in force");
        propagation = meter.CreateHistogram<double>("exeunt.guard.propagation", "s", "From an ending's decision to its enforcement here, by the server's clock");
        refusals = meter.CreateCounter<long>("exeunt.guard.refusals", "{request}", "Requests that were refused, by reason: revoked, expired, invalid, malformed, stale, no_keys, connections");
        reconnects = meter.CreateCounter<long>("exeunt.guard.reconnects", "{connection}", "Streams begun after the first");
        broken = meter.CreateCounter<long>("exeunt.guard.broken", "{stream}", "Streams that were left because they were not to be trusted");
    }

    internal void Refused(string reason) => refusals.Add(1, new KeyValuePair<string, object?>("reason", reason));

    internal void Propagated(TimeSpan after) => propagation.Record(Math.Max(0, after.TotalSeconds));

    internal void Reconnected() => reconnects.Add(1);

    internal void Broken() => broken.Add(1);
}
