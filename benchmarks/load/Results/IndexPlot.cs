using System.Globalization;
using System.Text;
using Exeunt.LoadBench.Measures;

namespace Exeunt.LoadBench.Results;

/// <summary>What a question to the index costs, from a thousand endings to a million. The scale of the endings is logarithmic; that of the time begins at 0.</summary>
internal static class IndexPlot
{
    private const int Width = 760;
    private const int Height = 320;
    private const int Left = 60;
    private const int Right = 730;
    private const int Top = 46;
    private const int Bottom = 270;
    private const int Goal = IndexCheck.PromisedNanoseconds;
    private const int Step = 25; // nanoseconds from one line to the next

    /// <summary>The drawing; null when the index was not measured.</summary>
    public static string? Draw(Findings findings)
    {
        var points = findings.Figures.Where(figure => figure.Name.StartsWith(IndexCheck.FigurePrefix, StringComparison.Ordinal))
            .Select(figure => (Entries: Entries(figure.Name), figure.Value)).OrderBy(point => point.Entries).ToArray();
        if (points.Length < 2) return null;

        var (least, most) = (Math.Log(points[0].Entries), Math.Log(points[^1].Entries));
        var highest = Step * Math.Ceiling(Math.Max(Goal, points.Max(point => point.Value.Most)) / Step);
        var svg = new StringBuilder();
        for (var line = 0; line <= highest; line += Step)
            svg.Append(CultureInfo.InvariantCulture, $"<line x1='{Left}' x2='{Right}' y1='{Y(line):0.0}' y2='{Y(line):0.0}' stroke='#ddd'/><text x='{Left - 8}' y='{Y(line) + 4:0.0}' text-anchor='end'>{line}</text>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<line x1='{Left}' x2='{Right}' y1='{Y(Goal):0.0}' y2='{Y(Goal):0.0}' stroke='#111' stroke-dasharray='4 3'/>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<text x='{Right}' y='{Y(Goal) - 5:0.0}' text-anchor='end'>goal: {Goal} ns</text>\n");
        svg.Append($"<polyline fill='none' stroke='#35618f' stroke-width='2' points='{string.Join(' ', points.Select(point => $"{X(point.Entries):0.0},{Y(point.Value.Median):0.0}"))}'/>\n");
        foreach (var (entries, value) in points)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<line x1='{X(entries):0.0}' x2='{X(entries):0.0}' y1='{Y(value.Least):0.0}' y2='{Y(value.Most):0.0}' stroke='#111'/>");
            svg.Append(CultureInfo.InvariantCulture, $"<circle cx='{X(entries):0.0}' cy='{Y(value.Median):0.0}' r='4' fill='#35618f'/>");
            svg.Append(CultureInfo.InvariantCulture, $"<text x='{X(entries):0.0}' y='{Y(value.Most) - 8:0.0}' text-anchor='middle'>{value.Median:0}</text>");
            svg.Append(CultureInfo.InvariantCulture, $"<text x='{X(entries):0.0}' y='{Bottom + 20}' text-anchor='middle'>{entries:N0}</text>\n");
        }

        return $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {Height}" font-family="system-ui, sans-serif" font-size="12">
            <rect width="100%" height="100%" fill="#fff"/>
            <text x="16" y="22" font-weight="600" font-size="13">Nanoseconds to ask the index about a live token, by endings in force (line: median; whiskers: least and greatest round)</text>
            {svg}<text x="{(Left + Right) / 2}" y="{Bottom + 40}" text-anchor="middle">endings in force</text>
            </svg>

            """;

        double X(long entries) => Left + 20 + ((Math.Log(entries) - least) / (most - least) * (Right - Left - 50));
        double Y(double nanoseconds) => Bottom - (nanoseconds / highest * (Bottom - Top));
    }

    private static long Entries(string name) => long.Parse(name.AsSpan(IndexCheck.FigurePrefix.Length, name.LastIndexOf(' ') - IndexCheck.FigurePrefix.Length), NumberStyles.AllowThousands, CultureInfo.InvariantCulture);
}
