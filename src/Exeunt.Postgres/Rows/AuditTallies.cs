using Exeunt.Audit;
using Exeunt.Postgres.Server;
using Exeunt.Protocol.Revocations;
using Npgsql;

namespace Exeunt.Postgres.Rows;

/// <summary>Counts over the audit trail, for reports.</summary>
internal static class AuditTallies
{
    private const long MillisecondsOfHour = 60 * 60 * 1000;
    private const long MillisecondsOfDay = 24 * MillisecondsOfHour;

    public static void Of(NpgsqlBatch batch, AuditTallyQuery query)
    {
        var key = query.Group switch
        {
            AuditGroup.Reason => "reason::bigint",
            AuditGroup.Hour => $"at / {MillisecondsOfHour}",
            AuditGroup.Day => $"at / {MillisecondsOfDay}",
            AuditGroup.Device => "device",
            _ => throw new ArgumentOutOfRangeException(nameof(query)),
        };

        // Sign-ins are by far the most, so they are counted in the index alone; they have no reason, and only their device stands in the row.
        var ofSignIns = query.Group is AuditGroup.Reason ? "null::bigint" : key;
        var signIns = query.EndingsOnly ? "" : $"union all select {ofSignIns}, 0, 0, 0, count(*) from audit where action = $5 and at >= $6 and at < $7 group by 1";

        // An entry that counts failures says in its detail of which kind, and stands for those that have no entry of their own.
        var counted = query.EndingsOnly ? "action in ($1, $2)" : "(action in ($1, $2, $3) or (action = $4 and detail = $3))";
        batch
            .Sql($"""
                select name, sum(endings)::bigint, sum(sessions)::bigint, sum(failures)::bigint, sum(sign_ins)::bigint from (
                    select {key} as name, (action in ($1, $2))::int as endings, case when action in ($1, $2) then coalesce(count, 1) else 0 end as sessions,
                        case when action in ($3, $4) then coalesce(count, 1) else 0 end as failures, 0 as sign_ins
                    from audit where {counted} and at >= $6 and at < $7
                    {signIns}) tallied
                group by name order by name nulls first
                """)
            .Set(AuditActions.SessionEnded).Set(AuditActions.SessionsEnded).Set(AuditActions.SignInFailed).Set(AuditActions.FailuresCounted)
            .Set(AuditActions.SignedIn).Set(query.From).Set(query.To);
    }

    public static AuditTally Read(Row row, AuditGroup group)
    {
        var key = group switch
        {
            AuditGroup.Device => row.TextOrNull(),
            AuditGroup.Hour => DateTimeOffset.FromUnixTimeMilliseconds(row.Long() * MillisecondsOfHour).ToString("yyyy-MM-ddTHH"),
            AuditGroup.Day => DateTimeOffset.FromUnixTimeMilliseconds(row.Long() * MillisecondsOfDay).ToString("yyyy-MM-dd"),
            _ => row.LongOrNull() is { } reason ? ((EndReason)reason).ToWire() : null,
        };
        return new(key, row.Long(), row.Long(), row.Long(), row.Long());
    }
}
