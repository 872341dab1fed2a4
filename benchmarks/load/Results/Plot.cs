using System.Globalization;
using System.Security;
using System.Text;

namespace Exeunt.LoadBench.Results;

/// <summary>
/// Two groups of bars: how far each ratio is from its goal, and how many logouts a second. A ratio is drawn as its share of the goal, so that bars of all
/// goals share one line at 1: "at most" goals are met left of it, "at least" goals right of it.
/// </summary>
internal static class Plot
{
    private const int Width = 980;
    private const int LabelWidth = 470;
    private const int BarsWidth = 380;
    private const int Row = 30;

    public static string Draw(Findings findings)
    {
        Figure[] rates = [.. findings.Figures.Where(figure => figure.Unit == "/s" && figure.Name.StartsWith("Logout", StringComparison.Ordinal))];
        var svg = new StringBuilder();
        var y = 34;
        Title(svg, y, "Ratios as shares of their goals (line: the goal; whiskers: least and greatest round)");
        var most = Math.Max(1.5, findings.Ratios.Max(ratio => Math.Min(ratio.Ratio.Median / ratio.Goal.Bound, 3)));
        var top = y + 10;
        foreach (var ratio in findings.Ratios)
        {
            y += Row;
            var bound = ratio.Goal.Bound;
            Bar(svg, y, ratio.Name, new(ratio.Ratio.Median / bound, ratio.Ratio.Least / bound, ratio.Ratio.Most / bound), most,
                $"{Text(ratio.Ratio.Median)}×, goal {ratio.Goal}", ratio.IsMet ? "#2f7d5b" : "#b3402f");
        }

        var goal = LabelWidth + (BarsWidth / most);
        svg.Append(CultureInfo.InvariantCulture, $"<line x1='{goal:0.0}' y1='{top}' x2='{goal:0.0}' y2='{y + 12}' stroke='#111' stroke-dasharray='4 3'/>\n");

        y += Row + 24;
        Title(svg, y, "Logouts per second");
        var fastest = rates.Length == 0 ? 1 : rates.Max(rate => rate.Value.Most);
        foreach (var rate in rates)
        {
            y += Row;
            Bar(svg, y, rate.Name, rate.Value, fastest, $"{rate.Value.Median:N0}/s", "#35618f");
        }

        return $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {y + 24}" font-family="system-ui, sans-serif" font-size="13">
            <rect width="100%" height="100%" fill="#fff"/>
            {svg}</svg>

            """;
    }

    private static void Title(StringBuilder svg, int y, string text) => svg.Append($"<text x='16' y='{y}' font-weight='600'>{Escape(text)}</text>\n");

    private static void Bar(StringBuilder svg, int y, string name, Spread value, double most, string told, string colour)
    {
        var middle = y - 4;
        svg.Append(CultureInfo.InvariantCulture, $"""
            <text x='{LabelWidth - 10}' y='{y}' text-anchor='end' font-size='11'>{Escape(name)}</text>
            <rect x='{LabelWidth}' y='{y - 14}' width='{X(value.Median):0.0}' height='18' fill='{colour}'/>
            <line x1='{LabelWidth + X(value.Least):0.0}' y1='{middle}' x2='{LabelWidth + X(value.Most):0.0}' y2='{middle}' stroke='#111'/>
            <text x='{LabelWidth + X(Math.Max(value.Median, value.Most)) + 6:0.0}' y='{y}' font-size='11'>{Escape(told)}</text>

            """);

        double X(double of) => Math.Clamp(of / most, 0, 1) * BarsWidth;
    }

    private static string Text(double number) => number.ToString("0.00", CultureInfo.InvariantCulture);

    private static string Escape(string text) => SecurityElement.Escape(text);
}
