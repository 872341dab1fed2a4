using System.Globalization;
using System.Text;

namespace Exeunt.Tests.Security.Hostile;

/// <summary>An answer as it came over the socket.</summary>
public sealed record RawAnswer(int Status, IReadOnlyDictionary<string, string> Headers, string Body)
{
    /// <summary>Reads the first answer in these bytes; null when there is none.</summary>
    public static RawAnswer? Parse(byte[] bytes)
    {
        if (bytes.Length == 0) return null;
        var text = Encoding.Latin1.GetString(bytes);
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        var lines = text[..end].Split("\r\n");
        var headers = lines.Skip(1).Select(l => l.Split(": ", 2)).GroupBy(l => l[0].ToUpperInvariant()).ToDictionary(g => g.Key, g => string.Join(", ", g.Select(l => l[1])));
        var body = text[(end + 4)..];
        return new(
            int.Parse(lines[0].Split(' ')[1], CultureInfo.InvariantCulture), headers,
            headers.GetValueOrDefault("TRANSFER-ENCODING") == "chunked" ? Unchunk(body) : body);
    }

    /// <summary>A header's value; empty when it was not sent.</summary>
    public string this[string header] => Headers.GetValueOrDefault(header.ToUpperInvariant(), "");

    private static string Unchunk(string body)
    {
        var whole = new StringBuilder();
        for (var at = 0; ;)
        {
            var line = body.IndexOf("\r\n", at, StringComparison.Ordinal);
            var size = line < 0 ? 0 : int.Parse(body.AsSpan(at, line - at), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (size == 0) return whole.ToString();
            whole.Append(body, line + 2, size);
            at = line + 2 + size + 2;
        }
    }
}
