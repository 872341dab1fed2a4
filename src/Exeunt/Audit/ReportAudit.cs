using Exeunt.Storage;

namespace Exeunt.Audit;

/// <summary>A report on the endings and failed sign-ins of a time.</summary>
/// <param name="Group">What its rows are.</param>
/// <param name="From">At or after, ledger time.</param>
/// <param name="To">Before, ledger time.</param>
/// <param name="Rows">One for each value, the largest first; hours and days in their order.</param>
/// <param name="Endings">Sum of all rows.</param>
/// <param name="Sessions">Sum of all rows.</param>
/// <param name="FailedSignIns">Sum of all rows.</param>
/// <param name="SignIns">Sum of all rows.</param>
public sealed record AuditReport(
    AuditGroup Group, DateTimeOffset From, DateTimeOffset To, IReadOnlyList<AuditTally> Rows, long Endings, long Sessions, long FailedSignIns, long SignIns);

/// <summary>Makes reports from the audit trail, which keeps longer than the sessions themselves.</summary>
public sealed class ReportAudit(ILedgerReads reads, LedgerClock clock)
{
    private static readonly TimeSpan UsualSpan = TimeSpan.FromDays(30);

    /// <summary>Counts.</summary>
    /// <param name="group">What the rows are.</param>
    /// <param name="from">At or after; null for 30 days before the end.</param>
    /// <param name="to">Before; null for now.</param>
    /// <param name="endingsOnly">Whether sign-ins are left out.</param>
    /// <param name="ct">Stops reading.</param>
    public async Task<AuditReport> HandleAsync(AuditGroup group, DateTimeOffset? from, DateTimeOffset? to, bool endingsOnly, CancellationToken ct)
    {
        var end = to ?? clock.GetUtcNow().AddMilliseconds(1); // what has just happened is in it
        var start = from ?? end - UsualSpan;
        var rows = await reads.TallyAuditAsync(new(group, start, end, endingsOnly), ct);
        return new(
            group, start, end,
            group is AuditGroup.Hour or AuditGroup.Day ? rows : [.. rows.OrderByDescending(r => r.Sessions).ThenByDescending(r => r.FailedSignIns)],
            rows.Sum(r => r.Endings), rows.Sum(r => r.Sessions), rows.Sum(r => r.FailedSignIns), rows.Sum(r => r.SignIns));
    }
}
