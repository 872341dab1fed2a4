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

    public static void Of(NpgsqlBatch batch, AuditGroup group, DateTimeOffset from, DateTimeOffset to)
    {
        var key = group switch
        {
            AuditGroup.Reason => "reason::bigint",
            AuditGroup.Hour => $"at / {MillisecondsOfHour}",
            AuditGroup.Day => $"at / {MillisecondsOfDay}",
            AuditGroup.Device => "device",
            _ => throw new ArgumentOutOfRangeException(nameof(group)),
        };

        // An entry that counts failures says in its detail of which kind, and stands for those that have no entry of their own.
        batch
            .Sql($"""
                select {key}, count(*) filter (where action in ($1, $2)),
                    coalesce(sum(coalesce(count, 1)) filter (where action in ($1, $2)), 0)::bigint,
                    coalesce(sum(coalesce(count, 1)) filter (where action in ($3, $4)), 0)::bigint,
                    count(*) filter (where action = $7)
                from audit where (action in ($1, $2, $3, $7) or (action = $4 and detail = $3)) and at >= $5 and at < $6
                group by 1 order by 1 nulls first
                """)
            .Set(AuditActions.SessionEnded).Set(AuditActions.SessionsEnded).Set(AuditActions.SignInFailed).Set(AuditActions.FailuresCounted)
            .Set(from).Set(to).Set(AuditActions.SignedIn);
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
