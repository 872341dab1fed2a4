using System.Buffers.Text;
using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using Exeunt.Admin;
using Exeunt.Audit;
using Exeunt.Http;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Storage;

namespace Exeunt.Server.Commands;

/// <summary><c>audit query</c>, <c>verify</c>, <c>export</c> and <c>report</c>.</summary>
internal static class AuditCommand
{
    private static readonly int HashLength = Base64Url.GetEncodedLength(SHA256.HashSizeInBytes);
    private static readonly string[] Columns = ["AT", "ACTION", "BY", "USER", "SESSION", "REASON", "COUNT", "DETAIL", "NUMBER"];

    public static Command Create(CommonOptions common) => new("audit", "Read, prove and export the audit trail") { Query(common), Verify(common), Export(common), Report(common) };

    private static Command Query(CommonOptions common)
    {
        var filter = new Filter();
        var limit = new Option<int>("--limit") { Description = "At most so many, 1 to 1000", DefaultValueFactory = _ => 50 };
        var cursor = new Option<string?>("--cursor") { Description = "Go on after the page before" };
        return common.OnLedger("query", "Entries, newest first", [.. filter.All, limit, cursor], async (workplace, parsed, ct) =>
        {
            var query = await filter.ReadAsync(workplace, parsed, ct) with { NewestFirst = true, Limit = Math.Clamp(parsed.GetValue(limit), 1, 1000), Cursor = parsed.GetValue(cursor) };
            var page = await Pages.ReadAsync(() => workplace.Ledger.Reads.AuditAsync(query, ct));
            var answer = new AuditPage([.. page.Items.Select(record => AuditLine.Of(record, withProof: false))], page.Next);
            workplace.Output.Show(answer, ExeuntJson.Default.AuditPage, Columns, answer.Entries.Select(Row), "No entry fits.");
            if (page.Next is not null) workplace.Output.Say($"There are more: --cursor {page.Next}");
            return 0;
        });
    }

    private static Command Verify(CommonOptions common)
    {
        var against = new Option<string?>("--against") { Description = "A checkpoint, or the hash of one, that was kept elsewhere" };
        return common.OnLedger("verify", "Prove that nothing was changed or taken away", [against], async (workplace, parsed, ct) =>
        {
            var known = parsed.GetValue(against)?.Trim();
            if (known is not null && !IsCheckpointOrHash(known)) throw new StartRefused($"--against: '{known}' is neither a checkpoint nor the hash of one, which has {HashLength} characters.");
            var verdict = await VerifyAsync(workplace.Output, workplace.Get<VerifyAudit>(), known, ct);
            if (workplace.Output.IsJson)
            {
                var broken = verdict.Break;
                Output.Write(
                    new(verdict.Holds, verdict.Entries, verdict.Chains, verdict.Erased, verdict.Checkpoints, verdict.Newest, broken?.Chain, broken?.Number, broken?.What),
                    CommandJson.Default.VerifyAnswer);
            }
            else if (verdict.Holds)
            {
                workplace.Output.Say($"The chain holds: {verdict.Entries} entries in {verdict.Chains} {(verdict.Chains == 1 ? "chain" : "chains")}, {verdict.Checkpoints} signed {(verdict.Checkpoints == 1 ? "checkpoint" : "checkpoints")}.");
                if (verdict.Newest is { } newest) workplace.Output.Say($"Newest checkpoint, worth keeping elsewhere: {newest}");
            }
            else
            {
                throw new NotDoneException($"The audit trail is BROKEN. {verdict.Break!.What}");
            }

            return verdict.Holds ? 0 : 1;
        });
    }

    // A slip of the clipboard must not look like a broken trail.
    private static bool IsCheckpointOrHash(string known) =>
        known.Contains('.', StringComparison.Ordinal) || (known.Length == HashLength && Base64Url.IsValid(known));

    /// <summary>Verifies a trail behind a progress bar.</summary>
    public static Task<AuditVerdict> VerifyAsync(Output output, VerifyAudit audit, string? against, CancellationToken ct) => output.WithProgressAsync(
        "Verifying", progress => audit.HandleAsync(against, new Reported<AuditProgress>(at => progress.Report((at.Done, at.Total))), ct));

    private static Command Export(CommonOptions common)
    {
        var filter = new Filter();
        var format = new Option<string>("--format") { Description = "jsonl or csv", DefaultValueFactory = _ => "jsonl" };
        format.AcceptOnlyFromAmong("jsonl", "csv");
        var file = new Option<string?>("--out") { Description = "The file to write; standard output unless given" };
        return common.OnLedger("export", "Write entries, oldest first, as JSONL (with all that verifying needs) or CSV", [.. filter.All, format, file], async (workplace, parsed, ct) =>
        {
            var query = await filter.ReadAsync(workplace, parsed, ct);
            var chosen = parsed.GetValue(format)!;
            await workplace.Ledger.RunAsync(transaction =>
            {
                transaction.Append(new AuditEntry { At = transaction.Now, Action = AuditActions.AuditExported, By = Actor.Operator, Detail = chosen });
                return new ValueTask<bool>(true);
            });

            await using var destination = parsed.GetValue(file) is { } path ? Create(path) : Console.OpenStandardOutput();
            var total = (await workplace.Ledger.Reads.AuditHeadsAsync(ct)).Sum(head => head.Number - head.AnchorNumber);
            var written = await workplace.Output.WithProgressAsync("Exporting", progress => workplace.Get<ExportAudit>().HandleAsync(
                destination, chosen == "csv" ? AuditFormat.Csv : AuditFormat.Jsonl, query, new Reported<long>(done => progress.Report((done, total))), ct));
            await Console.Error.WriteLineAsync($"{written} entries");
            return 0;
        });
    }

    private static Command Report(CommonOptions common)
    {
        var group = new Option<string>("--group") { Description = "reason, hour, day or device", DefaultValueFactory = _ => "reason" };
        group.AcceptOnlyFromAmong("reason", "hour", "day", "device");
        var from = new Option<string?>("--from") { Description = "At or after: 2027-03-01 or 2027-03-01T12:00:00Z; 30 days before --to unless given" };
        var to = new Option<string?>("--to") { Description = "Before; now unless given" };
        return common.OnLedger("report", "Count endings and sign-ins by reason, hour, day or device", [group, from, to], async (workplace, parsed, ct) =>
        {
            var by = Enum.Parse<AuditGroup>(parsed.GetValue(group)!, ignoreCase: true);
            var report = await workplace.Get<ReportAudit>().HandleAsync(by, Filter.Time("--from", parsed.GetValue(from)), Filter.Time("--to", parsed.GetValue(to)), endingsOnly: false, ct);
            var answer = ReportAnswer.Of(report);
            workplace.Output.Show(
                answer, ExeuntJson.Default.ReportAnswer, [answer.Group.ToUpperInvariant(), "SIGN-INS", "ENDINGS", "SESSIONS", "FAILED SIGN-INS"],
                answer.Rows.Append(new("total", answer.Endings, answer.Sessions, answer.FailedSignIns, answer.SignIns))
                    .Select(row => new[] { row.Key ?? "-", $"{row.SignIns}", $"{row.Endings}", $"{row.Sessions}", $"{row.FailedSignIns}" }),
                "");
            return 0;
        });
    }

    private static FileStream Create(string path)
    {
        try
        {
            return PrivateFiles.Create(path); // it holds personal data
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new StartRefused($"--out: {path} cannot be written ({failure.Message.TrimEnd('.')}).");
        }
    }

    private static string?[] Row(AuditLine line) =>
    [
        $"{line.At:u}", line.Action, line.By.Name ?? line.By.User?.ToString() ?? line.By.Kind, line.User?.ToString(), line.Session?.ToString(), line.Reason,
        line.Count?.ToString(CultureInfo.InvariantCulture), line.Detail, line.Number.ToString(CultureInfo.InvariantCulture),
    ];

    private sealed class Reported<T>(Action<T> report) : IProgress<T>
    {
        public void Report(T value) => report(value);
    }

    private sealed class Filter
    {
        private readonly Option<string?> user = new("--user") { Description = "Only about this account: id or e-mail address" };
        private readonly Option<string?> action = new("--action") { Description = "Only this action, such as session_ended" };
        private readonly Option<string?> reason = new("--reason") { Description = "Only this reason, such as logout_all" };
        private readonly Option<string?> from = new("--from") { Description = "At or after: 2027-03-01 or 2027-03-01T12:00:00Z" };
        private readonly Option<string?> to = new("--to") { Description = "Before" };

        public Option[] All => [user, action, reason, from, to];

        public async Task<AuditQuery> ReadAsync(Workplace workplace, ParseResult parsed, CancellationToken ct) => new(
            parsed.GetValue(user) is { } named ? await AboutAsync(workplace, named, ct) : null,
            parsed.GetValue(action) is not { } what || AuditActions.All.Contains(what) ? parsed.GetValue(action)
                : throw new StartRefused($"--action: '{what}' is not an action; one of: {string.Join(", ", AuditActions.All)}."),
            parsed.GetValue(reason) is not { } name ? null : EndReasonNames.TryParse(name, out var why) ? why : throw new StartRefused($"--reason: '{name}' is not a reason."),
            Time("--from", parsed.GetValue(from)),
            Time("--to", parsed.GetValue(to)));

        public static DateTimeOffset? Time(string option, string? text)
        {
            if (text is null) return null;
            return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
                ? time : throw new StartRefused($"{option}: '{text}' is not a time such as 2027-03-01 or 2027-03-01T12:00:00Z.");
        }

        // The id of an account that is gone still stands in the trail.
        private static async Task<UserId> AboutAsync(Workplace workplace, string named, CancellationToken ct) =>
            UserId.TryParse(named, null, out var id) ? id : (await workplace.UserAsync(named, ct)).Id;
    }
}
