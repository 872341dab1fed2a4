using Exeunt.Audit;

namespace Exeunt.Admin;

/// <summary>A page of the audit trail.</summary>
public sealed record AuditPage(IReadOnlyList<AuditLine> Entries, string? Next);

/// <summary>A report as the API answers it.</summary>
public sealed record ReportAnswer(
    string Group, DateTimeOffset From, DateTimeOffset To, IReadOnlyList<AuditTally> Rows, long Endings, long Sessions, long FailedSignIns, long SignIns)
{
    /// <summary>The answer of a report.</summary>
    public static ReportAnswer Of(AuditReport report) => new(
        report.Group switch { AuditGroup.Hour => "hour", AuditGroup.Day => "day", AuditGroup.Device => "device", _ => "reason" },
        report.From, report.To, report.Rows, report.Endings, report.Sessions, report.FailedSignIns, report.SignIns);
}

/// <summary>A signed checkpoint.</summary>
/// <param name="At">When it was signed.</param>
/// <param name="Hash">What <c>audit verify --against</c> takes.</param>
/// <param name="Jws">The checkpoint itself, which it takes as well.</param>
public sealed record CheckpointAnswer(DateTimeOffset At, string Hash, string Jws);
