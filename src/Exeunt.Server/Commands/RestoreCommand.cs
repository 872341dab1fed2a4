using System.CommandLine;
using System.Globalization;
using Exeunt.Audit;
using Exeunt.Keys;
using Exeunt.Server.Moving;
using Exeunt.Sqlite;
using Exeunt.Sqlite.Moving;
using Exeunt.Storage;

namespace Exeunt.Server.Commands;

/// <summary><c>restore</c>: puts a backup into a data folder. All is prepared and proved beside the old files before one of them is moved.</summary>
internal static class RestoreCommand
{
    public static Command Create(CommonOptions common)
    {
        var from = new Option<string?>("--from") { Description = "The backup; not needed to finish a restore that was broken off" };
        var replace = new Option<bool>("--replace") { Description = "Move the ledger and keys that are in the folder aside" };
        var keep = new Option<bool>("--keep-sessions") { Description = "Do not end the sessions that the backup holds" };
        var broken = new Option<bool>("--accept-broken-audit") { Description = "Go on although the audit trail in the backup does not verify" };
        var command = new Command("restore", "Put a backup into a data folder, while no server runs on it") { common.Data, common.State, from, replace, keep, broken, common.Json };
        command.SetAction(async (parsed, ct) =>
        {
            if (Workplace.ReadOptions(common.Overrides).Ledger.Postgres is not null) throw new StartRefused("--database: a backup is put into a data folder; leave the database out, then move: exeunt migrate");
            var folder = DataFolder.Open(parsed.GetValue(common.Data)!, parsed.GetValue(common.State));
            await using var alone = folder.LockForServer();
            var output = new Output(parsed.GetValue(common.Json));
            var swap = new FolderSwap(folder.Path);
            try
            {
                if (swap.IsUnderWay) return Finish(swap, output);
                if (parsed.GetValue(from) is not { } file) throw new StartRefused("--from: name the backup.");
                if (!File.Exists(file)) throw new StartRefused($"--from: there is no file {file}.");
                if (swap.IsNeeded && !parsed.GetValue(replace)) throw new NotDoneException($"There is a ledger in {folder.Path}. With --replace it is moved aside, and nothing of it is deleted.");

                return await new Restore(common, folder, swap, output).RunAsync(file, parsed.GetValue(keep), parsed.GetValue(broken), ct);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InvalidDataException)
            {
                throw new NotDoneException(swap.IsUnderWay ? $"{failure.Message} Run the same command again to finish." : $"Nothing was changed: {failure.Message}");
            }
        });
        return command;
    }

    private static int Finish(FolderSwap swap, Output output)
    {
        var before = swap.Finish(NameOfOld());
        output.Say($"The restore that was broken off is finished.{(before is null ? "" : $" What was there before lies in {before}.")}");
        return 0;
    }

    private static string NameOfOld() => string.Create(CultureInfo.InvariantCulture, $"before-restore-{TimeProvider.System.GetUtcNow():yyyyMMdd'T'HHmmss.fff'Z'}");

    private sealed class Restore(CommonOptions common, DataFolder folder, FolderSwap swap, Output output)
    {
        public async Task<int> RunAsync(string file, bool keepSessions, bool acceptBroken, CancellationToken ct)
        {
            var staging = swap.Stage();
            var database = Path.Combine(staging, Path.GetFileName(folder.Database));
            var facts = await output.WithProgressAsync("Copying", progress => Task.Run(() =>
            {
                Copy(file, database, progress);
                progress.Report((0, 0));
                var found = BackupFile.Check(database);
                KeyTransfer.Write(new KeyFolder(staging), BackupFile.Unpack(database));
                return found;
            }, ct));

            var takenBack = await PutBack.BeginAnewAsync(database, folder.Memory, ct);
            string epoch;
            long? ended;
            IReadOnlyList<string> dropped;
            await using (var workplace = await Workplace.OpenAsync(staging, state: null, common.Overrides, output, ct))
            {
                var verdict = await AuditCommand.VerifyAsync(output, workplace.Get<VerifyAudit>(), against: null, ct);
                if (!verdict.Holds && !acceptBroken) throw new InvalidDataException($"the audit trail in the backup is BROKEN. {verdict.Break!.What} With --accept-broken-audit it is restored all the same.");
                ended = keepSessions ? null : await PutBack.EndEveryoneAsync(workplace);
                dropped = await PutBack.DropRevokedKeysAsync(workplace, folder.Memory, ct);
                epoch = workplace.Get<ILedgerStore>().Epoch;
            }

            var before = swap.Swap(NameOfOld());
            if (output.IsJson) Output.Write(new(facts.MadeAt, facts.Counts, epoch, takenBack, ended, before, dropped), CommandJson.Default.RestoreAnswer);
            output.Say($"Restored the backup of {facts.MadeAt:u}: {facts.Counts}.");
            output.Say(PutBack.Sentence(takenBack, ended));
            foreach (var kid in dropped) output.Say(PutBack.KeySentence(kid));
            if (before is not null) output.Say($"What was there before lies in {before}.");
            return 0;
        }

        private static void Copy(string from, string to, IProgress<(double Done, double Total)> progress)
        {
            using var source = new FileStream(from, FileMode.Open, FileAccess.Read, FileShare.Read);
            using var target = PrivateFiles.Create(to);
            var buffer = new byte[1 << 20];
            while (source.Read(buffer) is > 0 and var read)
            {
                target.Write(buffer, 0, read);
                progress.Report((source.Position, source.Length));
            }

            target.Flush(flushToDisk: true);
        }
    }
}
