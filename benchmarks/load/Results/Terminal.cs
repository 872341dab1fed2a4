using Spectre.Console;

namespace Exeunt.LoadBench.Results;

/// <summary>The findings as tables in the terminal.</summary>
internal static class Terminal
{
    private const int WideEnough = 160;

    public static void Show(Findings findings, string machine)
    {
        if (Console.IsOutputRedirected) AnsiConsole.Profile.Width = WideEnough;
        var goals = new Table().Border(TableBorder.Rounded).AddColumns("Compared", "Ratio", "Spread", "Goal", "One side", "Other side", "");
        foreach (var ratio in findings.Ratios)
        {
            goals.AddRow(
                ratio.Name, $"{ratio.Ratio.Median:0.00}×", $"{ratio.Ratio.Least:0.00}–{ratio.Ratio.Most:0.00}", $"{ratio.Goal}", ratio.One, ratio.Other,
                ratio.IsMet ? "[green]met[/]" : "[red]missed[/]");
        }

        foreach (var check in findings.Checks) goals.AddRow(check.Name, "", "", "", check.Seen, "", check.Holds ? "[green]holds[/]" : "[red]broken[/]");
        AnsiConsole.Write(goals);

        var figures = new Table().Border(TableBorder.Rounded).AddColumns("For orientation", "Median", "Spread", "Latency");
        foreach (var figure in findings.Figures)
            figures.AddRow(figure.Name, Number(figure.Value.Median, figure.Unit), $"{Number(figure.Value.Least, "")}–{Number(figure.Value.Most, "")}", figure.Note);
        AnsiConsole.Write(figures);
        foreach (var skipped in findings.Skipped) AnsiConsole.WriteLine($"Skipped: {skipped}");
        AnsiConsole.WriteLine(machine);
    }

    /// <summary>A figure with as many digits as it deserves.</summary>
    public static string Number(double value, string unit) => $"{value.ToString(value >= 100 ? "N0" : value >= 10 ? "0.0" : "0.00")} {unit}".TrimEnd().Replace(" /", "/", StringComparison.Ordinal);
}
