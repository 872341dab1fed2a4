namespace Exeunt.Accounts;

/// <summary>
/// What passes for an e-mail address. Only a message that arrives proves one, so this catches slips and keeps out what no mailbox is called; it does not
/// try to be RFC 5321. Beyond ASCII there are letters and digits only: nothing invisible, nothing that turns the direction of writing, and no accent that
/// stands by itself, so that one address on the screen is one account.
/// </summary>
public static class EmailAddress
{
    /// <summary>RFC 5321 §4.5.3.1.3 with the brackets taken off.</summary>
    public const int Longest = 254;

    private const int LongestLocalPart = 64;

    /// <summary>Reads what somebody typed, blanks around it aside; null when it is no address.</summary>
    public static string? Read(string? typed)
    {
        var text = typed?.Trim();
        if (text is null or { Length: < 3 or > Longest } || !text.All(IsAddressCharacter)) return null;

        var at = text.LastIndexOf('@');
        if (at is < 1 or > LongestLocalPart || text.IndexOf('@', StringComparison.Ordinal) != at) return null;
        return text[(at + 1)..].Split('.').All(IsLabel) && Comparable(text) ? text : null;
    }

    private static bool IsAddressCharacter(char c) => c is > ' ' and < '\x7F' ? c is not ('<' or '>' or ',' or ';' or '"') : char.IsLetterOrDigit(c);

    private static bool IsLabel(string label) =>
        label.Length is > 0 and <= 63 && label[0] != '-' && label[^1] != '-' && label.All(c => char.IsLetterOrDigit(c) || c is '-');

    // Characters that Unicode does not assign have no normal form that would stay the same.
    private static bool Comparable(string text) => text.IsNormalized(System.Text.NormalizationForm.FormC) || text.Normalize().Length <= Longest;
}
