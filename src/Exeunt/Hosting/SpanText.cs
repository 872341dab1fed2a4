using System.Globalization;
using System.Text.RegularExpressions;

namespace Exeunt.Hosting;

/// <summary>
/// Spans of time as people write them in settings. A bare number is refused: the framework's own parser takes <c>900</c> for days, and <c>24:00:00</c> too.
/// </summary>
public static partial class SpanText
{
    /// <summary>What to say to somebody who wrote something else.</summary>
    public const string Form = "a span of time such as 30s, 15m, 12h, 7d or 00:15:00";

    private const double LongestSeconds = 3660 * 86400.0; // ten years: beyond it somebody has mistaken the unit

    /// <summary>Reads <c>30s</c>, <c>15m</c>, <c>12h</c>, <c>7d</c>, <c>hh:mm:ss</c> or <c>d.hh:mm:ss</c>.</summary>
    public static bool TryParse(string text, out TimeSpan span)
    {
        span = default;
        var match = Pattern().Match(text.Trim());
        if (!match.Success) return false;

        var seconds = (86400 * Number("d")) + (3600 * Number("h")) + (60 * Number("m")) + Number("s");
        if (seconds > LongestSeconds) return false;
        span = TimeSpan.FromSeconds(seconds);
        return true;

        double Number(string group) => match.Groups[group] is { Success: true } g ? double.Parse(g.Value, CultureInfo.InvariantCulture) : 0;
    }

    /// <summary>Writes it as short as it was meant.</summary>
    public static string Of(TimeSpan span) => span switch
    {
        { Ticks: 0 } => "0s",
        _ when span.Ticks % TimeSpan.TicksPerDay == 0 => $"{span.TotalDays}d",
        _ when span.Ticks % TimeSpan.TicksPerHour == 0 => $"{span.TotalHours}h",
        _ when span.Ticks % TimeSpan.TicksPerMinute == 0 => $"{span.TotalMinutes}m",
        _ => $"{span.TotalSeconds}s",
    };

    [GeneratedRegex(
        @"^(?:(?<d>\d{1,5})d|(?<h>\d{1,6})h|(?<m>\d{1,7})m|(?<s>\d{1,9}(?:\.\d{1,3})?)s|(?:(?<d>\d{1,5})\.)?(?<h>\d{1,4}):(?<m>[0-5]?\d)(?::(?<s>[0-5]?\d(?:\.\d{1,7})?))?)$",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Pattern();
}
