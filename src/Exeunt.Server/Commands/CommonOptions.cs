using System.CommandLine;

namespace Exeunt.Server.Commands;

/// <summary>What every command takes.</summary>
internal sealed class CommonOptions(IReadOnlyDictionary<string, string?> overrides)
{
    public Option<string> Data { get; } = new("--data") { Description = "The data folder", DefaultValueFactory = _ => ServeSettings.DefaultData };

    public Option<string?> State { get; } = new("--state") { Description = "File of the node's memory, when it is not in the data folder" };

    public Option<bool> Json { get; } = new("--json") { Description = "Answer in JSON, for scripts" };

    /// <summary>Settings given on the command line.</summary>
    public IReadOnlyDictionary<string, string?> Overrides => overrides;

    /// <summary>Makes a command that works on the ledger of a data folder.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="description">What it does.</param>
    /// <param name="symbols">Its own options and arguments.</param>
    /// <param name="action">What it does, and its exit code.</param>
    public Command OnLedger(string name, string description, Symbol[] symbols, Func<Workplace, ParseResult, CancellationToken, Task<int>> action)
    {
        var command = new Command(name, description) { Data, State, Json };
        foreach (var symbol in symbols)
        {
            if (symbol is Option option) command.Options.Add(option);
            else command.Arguments.Add((Argument)symbol);
        }

        command.SetAction(async (parsed, ct) =>
        {
            await using var workplace = await Workplace.OpenAsync(parsed.GetValue(Data)!, parsed.GetValue(State), overrides, new Output(parsed.GetValue(Json)), ct);
            return await action(workplace, parsed, ct);
        });
        return command;
    }
}
