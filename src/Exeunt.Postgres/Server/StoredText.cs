using System.Buffers;
using System.Text;

namespace Exeunt.Postgres.Server;

/// <summary>
/// Text as PostgreSQL can hold it: it knows no NUL, which is therefore written as two characters, and so is the one that announces them. Half a character
/// of UTF-16 becomes U+FFFD, as it does everywhere else that text is turned into bytes.
/// </summary>
internal static class StoredText
{
    private const char Escape = '\u001A'; // SUBSTITUTE, which nobody types

    private static readonly SearchValues<char> Special = SearchValues.Create("\0\u001A");

    public static string Write(string text)
    {
        if (text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') >= 0) text = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
        if (text.AsSpan().IndexOfAny(Special) < 0) return text;
        return text.Replace("\u001A", "\u001A1", StringComparison.Ordinal).Replace("\0", "\u001A0", StringComparison.Ordinal);
    }

    public static string Read(string stored) => stored.Contains(Escape)
        ? stored.Replace("\u001A0", "\0", StringComparison.Ordinal).Replace("\u001A1", "\u001A", StringComparison.Ordinal)
        : stored;
}
