using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using System.Runtime.InteropServices;
using Exeunt.Storage;

namespace Exeunt.Server.Commands;

/// <summary>The whole command line. Exit codes: 0 done, 1 not done (refused, not found, broken, or nobody knows), 2 asked wrongly (arguments, settings, data folder).</summary>
internal static class CommandLine
{
    private const int NotDone = 1;
    private const int AskedWrongly = 2;
    private const PosixSignal FileTooLarge = (PosixSignal)25; // SIGXFSZ, on Linux and macOS

    public static async Task<int> RunAsync(string[] args)
    {
        // A limit on the size of files (ulimit -f) would kill a server in the middle of its work. Like this the write fails, as on a full disk.
        using var tooLarge = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(FileTooLarge, signal => signal.Cancel = true);
        try
        {
            var rest = SettingArguments.Take(args, out var overrides);
            var parsed = Root(overrides, rest is [var first, ..] ? first : null).Parse(rest.Count == 0 ? ["--help"] : rest);
            if (parsed.Errors.Count > 0 && parsed.Action is not HelpAction)
                throw NotUnderstood(parsed);

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
        catch (LedgerUnavailableException unavailable) when (unavailable.OutcomeUnknown)
        {
            await Console.Error.WriteLineAsync($"Nobody knows whether this was done; look before you repeat it: {unavailable.Message}");
            return NotDone;
        }
        catch (LedgerUnavailableException unavailable)
        {
            await Console.Error.WriteLineAsync($"The ledger cannot be used now, nothing was changed: {unavailable.Message}");
            return NotDone;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            await Console.Error.WriteLineAsync($"Broken off: {failure.Message.TrimEnd('.')}. Once that is mended, repeat the command; what it had done by then is done only once.");
            return NotDone;
        }
    }

    // A slip in a command's name brings an error for every word behind it; the first word is the one to correct.
    private static StartRefused NotUnderstood(ParseResult parsed)
    {
        var path = parsed.CommandResult.Command.Name;
        for (var above = parsed.CommandResult.Parent; above is CommandResult { Command: var command }; above = above.Parent) path = $"{command.Name} {path}";
        return parsed.UnmatchedTokens is [var first, ..]
            ? new($"'{first}' is not understood here; see: {path} --help")
            : new([.. parsed.Errors.Select(error => $"{error.Message} See: {path} --help")]);
    }

    private static readonly (string Name, Func<CommonOptions, Command> Create)[] Commands =
    [
        ("serve", ServeCommand.Create), ("users", UsersCommand.Create), ("sessions", SessionsCommand.Create), ("omnes", OmnesCommand.Create),
        ("audit", AuditCommand.Create), ("clients", ClientsCommand.Create), ("keys", KeysCommand.Create), ("receipt", ReceiptCommand.Create), ("doctor", DoctorCommand.Create),
        ("backup", BackupCommand.Create), ("restore", RestoreCommand.Create), ("migrate", MigrateCommand.Create),
    ];

    // Only the command that was named is made: a start should not pay for the others.
    // No RootCommand: it would call itself by the name of the executable file, which is not what people type.
    internal static Command Root(IReadOnlyDictionary<string, string?> overrides, string? named)
    {
        var common = new CommonOptions(overrides);
        var root = new Command("exeunt", "Exeunt: a logout that is real.\n\nAny setting can be given as --Exeunt:Section:Name value, or --set Section:Name=value.\nWith --database postgres://user@host/name any command works on a ledger that several nodes share.")
        {
            new HelpOption { Recursive = true }, new VersionOption(),
        };
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
