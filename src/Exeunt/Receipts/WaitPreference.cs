using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Exeunt.Receipts;

/// <summary><c>Prefer: wait=N</c> (RFC 7240 §4.3): the caller would rather wait up to N seconds and be told who enforces the ending.</summary>
internal static class WaitPreference
{
    /// <summary>The longest that anybody waits, in seconds.</summary>
    public const int Longest = 10;

    /// <summary>Seconds to wait, at most <see cref="Longest"/>; null when the caller does not ask, or in a way that cannot be read: a preference is never an error.</summary>
    public static int? Of(HttpRequest request)
    {
        foreach (var header in request.Headers["Prefer"])
        {
            foreach (var preference in (header ?? "").Split(','))
            {
                var words = preference.Split(';', 2)[0].Split('=', 2, StringSplitOptions.TrimEntries);
                if (words is not [var name, var value] || !name.Equals("wait", StringComparison.OrdinalIgnoreCase)) continue;
                return int.TryParse(value.Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? Math.Min(seconds, Longest) : null; // the first one counts (§2)
            }
        }

        return null;
    }
}
