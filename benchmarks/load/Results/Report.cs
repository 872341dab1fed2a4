using System.Text;

namespace Exeunt.LoadBench.Results;

/// <summary>The findings as a page for the documentation, with the plot beside it. Both are only ever written by this program.</summary>
internal static class Report
{
    public static void Write(Findings findings, string machine, Bench bench)
    {
        var folder = Path.Combine(bench.Root, "docs", "benchmarks");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "README.md"), Page(findings, machine, bench.Rounds));
        File.WriteAllText(Path.Combine(folder, "benchmarks.svg"), Plot.Draw(findings));
        if (IndexPlot.Draw(findings) is { } index) File.WriteAllText(Path.Combine(folder, "index.svg"), index);
    }

    private static string Page(Findings findings, string machine, int rounds)
    {
        var page = new StringBuilder();
        page.Append($"""
            # Benchmarks

            Written by `./bench`; not edited by hand. What stands behind the figures, and what was tried, is in [performance.md](../performance.md).

            Measured on: {machine}.

            Every comparison is a ratio within one run: both sides in turns, {rounds} rounds (memory 3, cleaning one run), the median of the rounds' own ratios, with the least and the greatest.
            Servers are real processes on loopback, published ahead-of-time compiled; every answer is checked; every commit is synced to the disk.

            ![The ratios with their goals, and logouts per second](benchmarks.svg)

            ![What a question to the index costs, from a thousand endings to a million](index.svg)

            ## Goals

            | compared | ratio | least–greatest | goal | one side | other side | |
            |---|---|---|---|---|---|---|

            """);
        foreach (var ratio in findings.Ratios)
        {
            page.Append($"| {ratio.Name} | **{ratio.Ratio.Median:0.00}×** | {ratio.Ratio.Least:0.00}–{ratio.Ratio.Most:0.00} | {ratio.Goal} ");
            page.Append($"| {ratio.One} | {ratio.Other} | {(ratio.IsMet ? "met" : "**missed**")} |\n");
        }

        page.Append("\n## What must hold\n\n| | seen | |\n|---|---|---|\n");
        foreach (var check in findings.Checks) page.Append($"| {check.Name} | {check.Seen} | {(check.Holds ? "holds" : "**broken**")} |\n");

        page.Append("\n## For orientation\n\nThese depend on the machine; only the ratios above are held to goals.\n\n| measured | median | least–greatest | latency |\n|---|---|---|---|\n");
        foreach (var figure in findings.Figures)
        {
            page.Append($"| {figure.Name} | {Terminal.Number(figure.Value.Median, figure.Unit)} ");
            page.Append($"| {Terminal.Number(figure.Value.Least, "")}–{Terminal.Number(figure.Value.Most, "")} | {figure.Note} |\n");
        }

        if (findings.Skipped.Count > 0) page.Append("\n## Skipped\n\n");
        foreach (var skipped in findings.Skipped) page.Append($"- {skipped}\n");
        return page.ToString();
    }
}
