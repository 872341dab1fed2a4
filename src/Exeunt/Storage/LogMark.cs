using Exeunt.Protocol.Feed;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;

namespace Exeunt.Storage;

/// <summary>How far somebody has read the revocation log.</summary>
/// <param name="Place">The newest place; its row may have been purged before it was read.</param>
/// <param name="Newest">The last revocation that was read; null when there was none.</param>
public sealed record LogMark(FeedPlace Place, Revocation? Newest)
{
    /// <summary>
    /// Whether a log is not the one that this was read from: its database was put back from an older copy, or a standby took over without the last commits.
    /// </summary>
    /// <param name="reached">How far the log came in the epoch of this mark; null when it never lived in it.</param>
    /// <param name="there">The ending that stands now where <see cref="Newest"/> stood; null when there is none any more, as after a purge. After a loss, other
    /// endings may have taken the places again.</param>
    public bool IsLostTo(long? reached, EventId? there) =>
        !(reached >= Place.Sequence) || (Newest is not null && there is { } other && other != Newest.Event);
}

/// <summary>What follows a mark.</summary>
/// <param name="Epoch">The ledger's present life.</param>
/// <param name="IsLost">Whether the log is not the one that the mark was read from; then nothing follows.</param>
/// <param name="Revocations">What follows in the log, in order.</param>
public sealed record LogNews(string Epoch, bool IsLost, IReadOnlyList<Revocation> Revocations);
