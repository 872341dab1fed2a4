using System.CommandLine;
using Exeunt.Storage;

namespace Exeunt.Server.Commands;

/// <summary>The whole command line. Exit codes: 0 done, 1 not done (refused, not found, broken), 2 asked wrongly (arguments, settings, data folder).</summary>
internal static class CommandLine
{
    private const int NotDone = 1;
    private const int AskedWrongly = 2;

    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            var rest = SettingArguments.Take(args, out var overrides);
            var parsed = Root(overrides, rest is [var first, ..] ? first : null).Parse(rest.Count == 0 ? ["--help"] : rest);
            if (parsed.Errors.Count > 0 && parsed.Action is not System.CommandLine.Help.HelpAction)
                throw new StartRefused([.. parsed.Errors.Select(error => error.Message)]);

            // The server and its host take care of signals; other commands may be broken off anywhere.
            return await parsed.InvokeAsync(new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (StartRefused refused)
        {
            foreach (var mistake in refused.Mistakes) await Console.Error.WriteLineAsync(mistake);
            return AskedWrongly;
        }
        catch (NotDoneException why)
        {
            await Console.Error.WriteLineAsync(why.Message);
            return NotDone;
        }
        catch (LedgerUnavailableException unavailable)
        {
            await Console.Error.WriteLineAsync($"The ledger cannot be used now, nothing was changed: {unavailable.Message}");
            return NotDone;
        }
    }

    private static readonly (string Name, Func<CommonOptions, Command> Create)[] Commands =
    [
        ("serve", ServeCommand.Create), ("users", UsersCommand.Create), ("sessions", SessionsCommand.Create), ("omnes", OmnesCommand.Create),
        ("audit", AuditCommand.Create), ("keys", KeysCommand.Create), ("doctor", DoctorCommand.Create), ("backup", BackupCommand.Create),
        ("restore", RestoreCommand.Create), ("migrate", MigrateCommand.Create),
    ];

    // Only the command that was named is made: a start should not pay for the others.
    private static RootCommand Root(IReadOnlyDictionary<string, string?> overrides, string? named)
    {
        var common = new CommonOptions(overrides);
        var root = new RootCommand("Exeunt: a logout that is real.\n\nAny setting can be given as --Exeunt:Section:Name value, or --set Section:Name=value.\nWith --database postgres://user@host/name any command works on a ledger that several nodes share.");
        var known = Array.Exists(Commands, command => command.Name == named);
        foreach (var (name, create) in Commands)
        {
            if (!known || name == named) root.Subcommands.Add(create(common));
        }

        return root;
    }
}

/// <summary>What was asked for cannot be done, though it was asked rightly: one line says why.</summary>
internal sealed class NotDoneException(string message) : Exception(message);
