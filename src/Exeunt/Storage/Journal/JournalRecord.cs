using Exeunt.Audit;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;

namespace Exeunt.Storage.Journal;

/// <summary>
/// One ending as it was decided while the ledger was away, or a logout that was only to be recorded. It holds everything that replaying needs, so that
/// nothing is decided a second time: a cut-off keeps the ledger time and the newest session known when it was taken.
/// </summary>
public sealed record JournalRecord
{
    /// <summary>The ending. It is unique in the ledger, which settles whether it is already there.</summary>
    public required EventId Event { get; init; }

    /// <summary>When it was taken, ledger time: what the audit trail will say.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The ledger's life as this node last knew it; empty when it had never seen one.</summary>
    public required string Epoch { get; init; }

    /// <summary>What guards refuse from now on; null when nothing ends and the audit trail alone is to be told.</summary>
    public Revocation? Revocation { get; init; }

    /// <summary>Why.</summary>
    public required EndReason Reason { get; init; }

    /// <summary>Who asked.</summary>
    public required Actor By { get; init; }

    /// <summary>The user whose sessions end, as far as the credential says.</summary>
    public UserId? User { get; init; }

    /// <summary>The session that ends; null for a cut-off, and for an outside session that this server had no row of.</summary>
    public SessionId? Session { get; init; }

    /// <summary>The session spared by a cut-off.</summary>
    public SessionId? Except { get; init; }

    /// <summary>The client application.</summary>
    public string? Client { get; init; }

    /// <summary>Which generation of the refresh token was presented; null when it was none.</summary>
    public uint? Generation { get; init; }

    /// <summary>What the token of an outside session said; null for one of ours.</summary>
    public JournaledToken? Outside { get; init; }

    /// <summary>What the audit is to say besides.</summary>
    public string? Detail { get; init; }

    /// <summary>Personal: what was claimed and nobody obeyed.</summary>
    public string? Claimed { get; init; }

    /// <summary>Personal: where the request came from.</summary>
    public string? Address { get; init; }

    /// <summary>Personal: the user agent it came from.</summary>
    public string? UserAgent { get; init; }
}

/// <summary>What is needed of an outside token to give its session a row later.</summary>
/// <param name="Provider">The provider's name in the settings.</param>
/// <param name="Subject"><c>sub</c>.</param>
/// <param name="AuthenticatedAt">When the session began; null when the token does not tell.</param>
/// <param name="ExpiresAt"><c>exp</c>.</param>
public sealed record JournaledToken(string Provider, string Subject, DateTimeOffset? AuthenticatedAt, DateTimeOffset ExpiresAt);
