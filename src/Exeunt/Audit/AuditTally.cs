namespace Exeunt.Audit;

/// <summary>What a report counts by.</summary>
public enum AuditGroup
{
    /// <summary>Why sessions ended.</summary>
    Reason,

    /// <summary>The hour, UTC.</summary>
    Hour,

    /// <summary>The day, UTC.</summary>
    Day,

    /// <summary>The kind of device of the session.</summary>
    Device,
}

/// <summary>What a report counts.</summary>
/// <param name="Group">What its rows are.</param>
/// <param name="From">At or after, ledger time.</param>
/// <param name="To">Before, ledger time.</param>
/// <param name="EndingsOnly">Whether sign-ins, failed ones included, are left out: they are by far the most.</param>
public sealed record AuditTallyQuery(AuditGroup Group, DateTimeOffset From, DateTimeOffset To, bool EndingsOnly = false);

/// <summary>One row of a report.</summary>
/// <param name="Key">The reason's name, the day as <c>2027-03-01</c>, the hour as <c>2027-03-01T14</c>, or the kind of device; null where there is none: a failed sign-in has no reason, and
/// a cut-off ends sessions on many devices at once.</param>
/// <param name="Endings">How many endings: a logout of one session is one, a cut-off is one.</param>
/// <param name="Sessions">How many sessions they ended.</param>
/// <param name="FailedSignIns">How many sign-ins failed; those counted together for one address and minute are all counted.</param>
/// <param name="SignIns">How many sessions were opened by a sign-in.</param>
public sealed record AuditTally(string? Key, long Endings, long Sessions, long FailedSignIns, long SignIns);
