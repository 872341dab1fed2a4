using System.Globalization;
using Exeunt.Hosting;
using Exeunt.Postgres;
using Exeunt.Storage;

namespace Exeunt.Server.Commands;

/// <summary>What <c>doctor</c> looks at when the ledger is in PostgreSQL.</summary>
internal static class PostgresDoctor
{
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(5);

    public static void Look(PostgresFacts facts, List<Finding> findings)
    {
        findings.Add(facts.VersionNumber / 10_000 < PostgresFacts.OldestVersion
            ? new("database engine", Doctor.Bad, $"PostgreSQL {facts.Version} is too old; {PostgresFacts.OldestVersion} is the oldest that is supported")
            : new("database engine", Doctor.Good, $"PostgreSQL {facts.Version}"));
        if (facts.IsStandby) findings.Add(new("database role", Doctor.Bad, "it is a standby and takes no writes; name the primary, or all hosts separated by commas"));
        findings.Add(Durability(facts));
        findings.Add(facts.SynchronousStandbys.Length == 0
            ? new("standbys", Doctor.Look, "no commit waits for a standby: a fail-over can lose the last ones; set synchronous_standby_names if you have one")
            : new("standbys", Doctor.Good, $"commits wait for {facts.SynchronousStandbys}"));
        findings.Add(facts.IsSuperuser
            ? new("database rights", Doctor.Look, "the role is a superuser and needs far less; docs/nodes.md has one that is enough")
            : new("database rights", Doctor.Good, "the role is no superuser"));
        findings.Add(facts.MostConnections < 3 * PostgresSettings.MostConnections
            ? new("connections", Doctor.Look, $"the server takes {facts.MostConnections} and a node may open {PostgresSettings.MostConnections}; raise max_connections before adding nodes")
            : new("connections", Doctor.Good, $"{facts.MostConnections} at the server, at most {PostgresSettings.MostConnections} for each node"));
    }

    // Nodes go by the database's clock, so one that is off is a nuisance in logs and nothing else.
    public static void Clock(LedgerClock clock, List<Finding> findings)
    {
        var ahead = clock.Ahead;
        var offset = SpanText.Of(TimeSpan.FromSeconds(Math.Round(ahead.Duration().TotalSeconds)));
        findings.Add(ahead.Duration() > ClockTolerance
            ? new("clock", Doctor.Look, $"it is {offset} {(ahead > TimeSpan.Zero ? "behind" : "ahead of")} the database's, which counts; set it right (NTP)")
            : new("clock", Doctor.Good, string.Create(CultureInfo.InvariantCulture, $"{ahead.Duration().TotalMilliseconds:F0} ms from the database's, which counts")));
    }

    private static Finding Durability(PostgresFacts facts)
    {
        if (!facts.Syncs) return new("durability", Doctor.Bad, "fsync is off: a power cut loses endings that were answered; set fsync = on");
        return facts.SynchronousCommit == "off"
            ? new("durability", Doctor.Bad, "synchronous_commit is off: a crash loses endings that were answered; set it to on for this role")
            : new("durability", Doctor.Good, $"synchronous_commit is {facts.SynchronousCommit}");
    }
}
