using System.Globalization;

namespace Exeunt.Audit;

/// <summary>What the entry of a retention cut says, so that verifying can tell a cut from a theft: <c>up to 812 of chain main</c>.</summary>
/// <param name="Chain">Which chain was cut.</param>
/// <param name="UpTo">Entries up to this number go; a signed checkpoint ends there.</param>
internal sealed record RetentionNote(string Chain, long UpTo)
{
    private const string Start = "up to ";
    private const string Middle = " of chain ";

    /// <summary>Reads it back; null for anything else.</summary>
    public static RetentionNote? Read(string? detail)
    {
        if (detail is null || !detail.StartsWith(Start, StringComparison.Ordinal)) return null;
        var middle = detail.IndexOf(Middle, StringComparison.Ordinal);
        return middle > 0 && long.TryParse(detail.AsSpan(Start.Length, middle - Start.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new(detail[(middle + Middle.Length)..], number)
            : null;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Start}{UpTo}{Middle}{Chain}";
}
