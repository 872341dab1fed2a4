using System.Text;

namespace Exeunt.Audit;

/// <summary>Entries as rows of RFC 4180.</summary>
internal static class AuditCsv
{
    /// <summary>The first row.</summary>
    public const string Header =
        "at,action,by,by_user,by_session,by_name,user,session,event,reason,count,client,device,detail,address,user_agent,claimed,erased,chain,number,hash\r\n";

    // What makes a spreadsheet take a cell for a formula, or lets one begin behind a line break.
    private static readonly char[] FormulaStarts = ['=', '+', '-', '@', '\t', '\r', '\n'];

    private static readonly char[] MustBeQuoted = [',', '"', '\r', '\n'];

    /// <summary>One entry.</summary>
    public static string Row(AuditRecord record)
    {
        var line = AuditLine.Of(record, withProof: false);
        var row = new StringBuilder(512);
        row.Append(line.At.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ"));
        foreach (var cell in (ReadOnlySpan<string?>)
        [
            line.Action, line.By.Kind, line.By.User?.ToString(), line.By.Session?.ToString(), line.By.Name, line.User?.ToString(), line.Session?.ToString(),
            line.Event?.ToString(), line.Reason, line.Count?.ToString(), line.Client, line.Device, line.Detail, line.Address, line.UserAgent, line.Claimed,
            line.Erased is true ? "true" : null, line.Chain, line.Number.ToString(), Convert.ToHexStringLower(line.Hash),
        ])
        {
            row.Append(',').Append(Cell(cell));
        }

        return row.Append("\r\n").ToString();
    }

    /// <summary>
    /// A cell that a spreadsheet shows and never runs: an apostrophe in front of what would be a formula, quotes around what needs them.
    /// </summary>
    public static string Cell(string? value)
    {
        if (string.IsNullOrEmpty(value)) return "";
        var harmless = FormulaStarts.Contains(value.TrimStart(' ') is [var first, ..] ? first : ' ') ? "'" + value : value;
        return harmless.IndexOfAny(MustBeQuoted) < 0 ? harmless : $"\"{harmless.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
