using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Spectre.Console;

namespace Exeunt.Server.Commands;

/// <summary>Answers of commands: sentences and tables for people, or JSON for scripts.</summary>
internal sealed class Output(bool json)
{
    private const int WidthWithoutTerminal = 100_000; // nothing is cut where nobody looks

    private readonly IAnsiConsole console = MakeConsole();

    public bool IsJson => json;

    /// <summary>A sentence for people; scripts do not get it.</summary>
    public void Say(string sentence)
    {
        if (!json) Console.WriteLine(Printable(sentence));
    }

    /// <summary>A listing for people, or the value itself for scripts.</summary>
    public void Show<T>(T value, JsonTypeInfo<T> type, IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string?>> rows, string whenEmpty)
    {
        if (json)
        {
            Write(value, type);
            return;
        }

        var table = new Table().Border(TableBorder.None);
        foreach (var column in columns) table.AddColumn(new TableColumn(new Text(column, new Style(decoration: Decoration.Bold))) { NoWrap = column != "DETAIL" }.PadRight(2));
        foreach (var row in rows) table.AddRow(row.Select(cell => new Text(Printable(cell ?? ""))));
        if (table.Rows.Count == 0) Console.WriteLine(whenEmpty);
        else console.Write(table);
    }

    /// <summary>One JSON value on a line.</summary>
    public static void Write<T>(T value, JsonTypeInfo<T> type) => Console.WriteLine(JsonSerializer.Serialize(value, type));

    /// <summary>Runs long work with a progress bar, if there is somebody to look at it.</summary>
    public async Task<T> WithProgressAsync<T>(string what, Func<IProgress<(double Done, double Total)>, Task<T>> work)
    {
        if (json || Console.IsErrorRedirected) return await work(new Progress(_ => { }));
        return await AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(Console.Error) }).Progress().AutoClear(true).StartAsync(async context =>
        {
            var bar = context.AddTask(what);
            return await work(new Progress(at =>
            {
                bar.IsIndeterminate = at.Total <= 0;
                bar.MaxValue = Math.Max(1, at.Total);
                bar.Value = at.Done;
            }));
        });
    }

    /// <summary>
    /// A device may call itself anything; what drives a terminal, hides, or is no character at all must not reach the operator's. (The table, too, fails on U+FFFF.)
    /// </summary>
    public static string Printable(string text) => string.Concat(text.EnumerateRunes().Select(rune => rune.Value == '\n' || IsShown(rune) ? rune : Rune.ReplacementChar));

    private static bool IsShown(Rune rune) => Rune.GetUnicodeCategory(rune) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned);

    private static IAnsiConsole MakeConsole()
    {
        if (!Console.IsOutputRedirected) return AnsiConsole.Console;
        var made = AnsiConsole.Create(new() { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors });
        made.Profile.Width = WidthWithoutTerminal;
        return made;
    }

    // Reports at once and in order, unlike System.Progress, which posts to the thread pool.
    private sealed class Progress(Action<(double Done, double Total)> report) : IProgress<(double Done, double Total)>
    {
        public void Report((double Done, double Total) value) => report(value);
    }
}
