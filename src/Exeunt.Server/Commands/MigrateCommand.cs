using System.CommandLine;
using Exeunt.Server.Moving;
using Exeunt.Sqlite;
using Exeunt.Sqlite.Moving;
using Exeunt.Storage;

namespace Exeunt.Server.Commands;

/// <summary><c>migrate</c>: moves the ledger from SQLite to PostgreSQL, and back to where it was.</summary>
internal static class MigrateCommand
{
    public static Command Create(CommonOptions common)
    {
        var from = new Option<string>("--from") { Description = "Where the ledger is: sqlite", DefaultValueFactory = _ => "sqlite" };
        var to = new Option<string>("--to") { Description = "Where it is to go: postgres", DefaultValueFactory = _ => "postgres" };
        from.AcceptOnlyFromAmong("sqlite");
        to.AcceptOnlyFromAmong("postgres");
        var command = new Command("migrate", "Move ledger and keys from SQLite (--data) into an empty PostgreSQL database (--database), while no server runs")
        {
            from, to, common.Data, common.State, common.Json, Back(common),
        };
        command.SetAction((parsed, ct) => MoveAsync(common, parsed, ct));
        return command;
    }

    private static async Task<int> MoveAsync(CommonOptions common, ParseResult parsed, CancellationToken ct)
    {
        var options = Workplace.ReadOptions(common.Overrides);
        if (options.Ledger.Postgres is null) throw new StartRefused("--database: name the database to move to: postgres://user@host/name");
        var folder = DataFolder.OpenExisting(parsed.GetValue(common.Data)!, parsed.GetValue(common.State));
        await using var alone = folder.LockForServer();
        var output = new Output(parsed.GetValue(common.Json));
        try
        {
            var answer = await new MoveLedger(folder, options, output).RunAsync(ct);
            if (output.IsJson) Output.Write(answer, CommandJson.Default.MoveAnswer);
            output.Say($"Moved to {answer.To}: {answer.Counts}, {answer.Keys} files of keys. The counts agree and the audit chain holds.");
            output.Say($"Sessions go on where they were. Start every node with --database; the folder {folder.Path} serves no more and can be kept as a backup.");
            return 0;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InvalidDataException or LedgerUnavailableException)
        {
            throw new NotDoneException(SqliteSource.MovedTo(folder.Database) is null
                ? $"Not moved, the ledger here still serves: {failure.Message}"
                : $"The ledger here is closed, and the last step there may not have been done; run the command again: {failure.Message}");
        }
    }

    private static Command Back(CommonOptions common)
    {
        var keep = new Option<bool>("--keep-sessions") { Description = "Do not end the sessions that were open when the ledger was moved" };
        var command = new Command("back", "Let the folder that the ledger was moved out of serve again, as it was then") { common.Data, common.State, keep, common.Json };
        command.SetAction(async (parsed, ct) =>
        {
            if (Workplace.ReadOptions(common.Overrides).Ledger.Postgres is not null) throw new StartRefused("--database: leave it out; this is about the folder.");
            var folder = DataFolder.OpenExisting(parsed.GetValue(common.Data)!, parsed.GetValue(common.State));
            await using var alone = folder.LockForServer();
            if (SqliteSource.MovedTo(folder.Database) is not { } where) throw new NotDoneException($"The ledger in {folder.Path} was not moved; it serves as it is.");

            var output = new Output(parsed.GetValue(common.Json));
            await using var workplace = await Workplace.PutBackAsync(folder, common.Overrides, output, ct);
            long? ended = parsed.GetValue(keep) ? null : await PutBack.EndEveryoneAsync(workplace);
            var dropped = await PutBack.DropRevokedKeysAsync(workplace, folder.Memory, ct);

            // Last: whatever breaks off before leaves the ledger closed, and this command begins again.
            var store = (SqliteLedger)workplace.Get<ILedgerStore>();
            await store.UnsealAsync(ct);
            if (output.IsJson) Output.Write(new(where, store.Epoch, workplace.TakenBack, ended, dropped), CommandJson.Default.MoveBackAnswer);
            output.Say($"The ledger in {folder.Path} serves again. It was moved to {where}; what was recorded there since is not in it, so let no node run there.");
            output.Say(PutBack.Sentence(workplace.TakenBack, ended));
            foreach (var kid in dropped) output.Say(PutBack.KeySentence(kid));
            return 0;
        });
        return command;
    }
}
