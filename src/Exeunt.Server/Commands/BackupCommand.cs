using System.CommandLine;
using Exeunt.Audit;
using Exeunt.Keys;
using Exeunt.Sqlite;
using Exeunt.Sqlite.Moving;

namespace Exeunt.Server.Commands;

/// <summary><c>backup</c>: one file with ledger and keys, made beside a running server.</summary>
internal static class BackupCommand
{
    public static Command Create(CommonOptions common)
    {
        var to = new Option<string>("--to") { Description = "The file to make; it holds keys and is a secret", Required = true };
        return common.OnLedger("backup", "Copy ledger and keys into one file, while the server runs", [to], async (workplace, parsed, ct) =>
        {
            if (workplace.Ledger.Reads is not SqliteLedger) throw new StartRefused("--database: this ledger is in PostgreSQL; back it up with pg_dump, and keep the master key elsewhere.");
            using var backup = Begin(parsed.GetValue(to)!);
            await workplace.Ledger.RunAsync(transaction =>
            {
                transaction.Append(new AuditEntry { At = transaction.Now, Action = AuditActions.BackedUp, By = Actor.Operator, Detail = Path.GetFileName(parsed.GetValue(to)) });
                return new ValueTask<bool>(true);
            });

            try
            {
                return await MakeAsync(workplace, backup, parsed.GetValue(to)!, ct);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InvalidDataException)
            {
                throw new NotDoneException($"No backup was made: {failure.Message}");
            }
        });
    }

    private static async Task<int> MakeAsync(Workplace workplace, BackupWriter backup, string file, CancellationToken ct)
    {
        var output = workplace.Output;
        var now = workplace.Ledger.Clock.GetUtcNow();
        var facts = await output.WithProgressAsync("Copying", progress => Task.Run(() =>
        {
            backup.Copy(workplace.Folder.Database, progress);
            backup.Add(KeyTransfer.Read(new KeyFolder(workplace.Folder.Path)), now);
            progress.Report((0, 0)); // how long checking takes, SQLite does not say
            return backup.Check();
        }, ct));

        AuditVerdict verdict;
        await using (var copy = new SqliteLedger(backup.Unfinished, TimeProvider.System))
        {
            verdict = await AuditCommand.VerifyAsync(output, new VerifyAudit(copy, workplace.Get<SigningKeys>()), against: null, ct);
        }

        backup.Publish();

        if (output.IsJson) Output.Write(new(file, facts.MadeAt, facts.Epoch, facts.Sequence, facts.Counts, facts.Keys, verdict.Holds, verdict.Newest), CommandJson.Default.BackupAnswer);
        output.Say($"Backed up to {file}: {facts.Counts}, {facts.Keys} files of keys. Every page was read again{(verdict.Holds ? ", and the audit chain holds" : "")}.");
        output.Say("The file holds the server's keys: whoever has it is the server. Keep it as you would keep them.");
        return verdict.Holds ? 0 : throw new NotDoneException($"The backup was made, but the audit trail, here as there, is BROKEN. {verdict.Break!.What}");
    }

    private static BackupWriter Begin(string file)
    {
        try
        {
            return new(file);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new NotDoneException($"--to: {failure.Message} No backup was made.");
        }
    }
}
