using Exeunt.Audit;
using Exeunt.Authentication;
using Exeunt.Http;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Exeunt.Admin;

/// <summary>Reading the audit trail.</summary>
internal static class AuditEndpoints
{
    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Adds <c>/audit</c>.</summary>
        public void MapAudit()
        {
            routes.MapGet("/audit", QueryAsync).WithSummary("Entries by user, action, reason and time, newest first");
            routes.MapGet("/audit/report", ReportAsync).WithSummary("Endings by reason, hour, day or device, and sign-ins");
            routes.MapGet("/audit/export", ExportAsync).WithSummary("Entries as CSV or JSONL, oldest first");
            routes.MapPost("/audit/verify", VerifyEndpoint.HandleAsync).WithSummary("Prove the trail: progress and verdict as lines of JSON");
            routes.MapGet("/audit/checkpoint", CheckpointAsync).WithSummary("The newest signed checkpoint, to be kept outside the server");
        }
    }

    private static Task<IResult> QueryAsync(HttpContext http, ILedgerStore store)
    {
        var query = new QueryReader(http);
        var wanted = Filter(query) with { NewestFirst = true, Limit = query.Limit(100, 200), Cursor = query.Cursor() };
        return query.PageAsync(
            () => store.AuditAsync(wanted, http.RequestAborted),
            page => TypedResults.Json(new AuditPage([.. page.Items.Select(r => AuditLine.Of(r, withProof: false))], page.Next), ExeuntJson.Default.AuditPage));
    }

    private static async Task<IResult> ReportAsync(HttpContext http, ReportAudit report)
    {
        var query = new QueryReader(http);
        var group = query.Choice<AuditGroup>("group", ReportGroup, "reason, hour, day or device") ?? AuditGroup.Reason;
        var (from, to, endingsOnly) = (query.Time("from"), query.Time("to"), query.Flag("endings_only"));
        if (query.Problem is not null) return query.Problem;
        return TypedResults.Json(ReportAnswer.Of(await report.HandleAsync(group, from, to, endingsOnly, http.RequestAborted)), ExeuntJson.Default.ReportAnswer);
    }

    private static async Task<IResult> ExportAsync(HttpContext http, ExportAudit export, Ledger ledger)
    {
        var query = new QueryReader(http);
        var format = query.Choice<AuditFormat>("format", name => name switch { "csv" => AuditFormat.Csv, "jsonl" => AuditFormat.Jsonl, _ => null }, "csv or jsonl");
        var wanted = Filter(query);
        if (query.Problem is not null) return query.Problem;
        if (format is not { } asked) return Problems.InvalidField("format", "'format' is csv or jsonl.");

        // Who took personal data out is itself a matter of record (PCI DSS 10.2.1.3).
        await ledger.RunAsync(transaction =>
        {
            transaction.Append(new AuditEntry
            {
                At = transaction.Now,
                Action = AuditActions.AuditExported,
                By = http.Caller.AsAdmin,
                Detail = asked is AuditFormat.Csv ? "csv" : "jsonl",
                Address = http.Origin.Address,
                UserAgent = http.Origin.UserAgent,
            });
            return new ValueTask<bool>(true);
        });

        return TypedResults.Stream(
            stream => export.HandleAsync(stream, asked, wanted, progress: null, http.RequestAborted),
            asked is AuditFormat.Csv ? "text/csv; charset=utf-8; header=present" : "application/x-ndjson",
            asked is AuditFormat.Csv ? "audit.csv" : "audit.jsonl");
    }

    private static async Task<IResult> CheckpointAsync(HttpContext http, ILedgerStore store) =>
        await store.CheckpointsAsync(before: null, limit: 1, http.RequestAborted) is [var newest]
            ? TypedResults.Json(new CheckpointAnswer(newest.At, CheckpointStatement.HashOf(newest.Jws), newest.Jws), ExeuntJson.Default.CheckpointAnswer)
            : Problems.NotFound("No checkpoint has been signed yet. One is signed every hour in which something happened, and when the server stops.");

    private static AuditQuery Filter(QueryReader query) => new(
        query.Id<UserId>("user"),
        query.Word("action", AuditActions.All),
        query.Choice<EndReason>("reason", name => EndReasonNames.TryParse(name, out var reason) ? reason : null, "a reason such as user, admin or idle_timeout"),
        query.Time("from"),
        query.Time("to"));

    private static AuditGroup? ReportGroup(string name) => name switch
    {
        "reason" => AuditGroup.Reason,
        "hour" => AuditGroup.Hour,
        "day" => AuditGroup.Day,
        "device" => AuditGroup.Device,
        _ => null,
    };
}
