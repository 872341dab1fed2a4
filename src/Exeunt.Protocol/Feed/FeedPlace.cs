using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Exeunt.Protocol.Feed;

/// <summary>A place in the revocation log, which is also the id of an event of the feed. Written <c>epoch:sequence</c>.</summary>
/// <param name="Epoch">Which life of the ledger counted it: 1 to 64 letters and digits of ASCII.</param>
/// <param name="Sequence">How far; 0 is before the first.</param>
public sealed record FeedPlace(string Epoch, long Sequence)
{
    private const int LongestEpoch = 64;
    private const int LongestSequence = 19; // digits of a long

    /// <summary>Reads the one spelling; anything else is no place.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out FeedPlace? place)
    {
        place = null;
        var colon = text?.IndexOf(':', StringComparison.Ordinal) ?? -1;
        if (colon is < 1 or > LongestEpoch) return false;

        var epoch = text.AsSpan(0, colon);
        var sequence = text.AsSpan(colon + 1);
        if (epoch.ContainsAnyExcept(EpochCharacters) || sequence.Length is < 1 or > LongestSequence || (sequence[0] == '0' && sequence.Length > 1)) return false;
        if (!long.TryParse(sequence, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return false;

        place = new(epoch.ToString(), number);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Epoch}:{Sequence}";

    private static System.Buffers.SearchValues<char> EpochCharacters { get; } =
        System.Buffers.SearchValues.Create("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
}
