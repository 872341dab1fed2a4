using System.Diagnostics;
using Exeunt.Protocol.Ids;

namespace Exeunt.Protocol.Revocations;

/// <summary>
/// The ending of something, as those who refuse tokens need it. Server and guards decide by <see cref="Covers"/> alone, so that they never disagree.
/// </summary>
public sealed record Revocation
{
    /// <summary>Its place in the revocation log of <see cref="Epoch"/>; 0 while it has none yet.</summary>
    public long Sequence { get; init; }

    /// <summary>The place before it in the log: holes are normal, a missing predecessor is not. 0 for the first.</summary>
    public long Previous { get; init; }

    /// <summary>Which life of the ledger numbered it.</summary>
    public string Epoch { get; init; } = "";

    /// <summary>The ending it belongs to.</summary>
    public required EventId Event { get; init; }

    /// <summary>What kind of thing is covered.</summary>
    public required RevocationScope Scope { get; init; }

    /// <summary>The issuer within which <see cref="Key"/> is unique; empty for <see cref="RevocationScope.Everyone"/>.</summary>
    public required string Issuer { get; init; }

    /// <summary>The <c>jti</c>, <c>sid</c>, <c>sub</c>, client id or <c>kid</c>; empty for issuer and everyone.</summary>
    public required string Key { get; init; }

    /// <summary>Cut-off for our own sessions: ids up to and including this one are covered. Null for points.</summary>
    public SessionId? UpTo { get; init; }

    /// <summary>Cut-off for outside sessions: those that began up to and including this second (since 1970) are covered. Null for points.</summary>
    public long? UpToSecond { get; init; }

    /// <summary>The one <c>sid</c> that a user-wide cut-off spares; null for none.</summary>
    public string? Except { get; init; }

    /// <summary>When it can be forgotten: no token that it covers lives longer. UTC.</summary>
    public required DateTimeOffset Expires { get; init; }

    /// <summary>When it was decided. UTC, ledger time.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Why.</summary>
    public required EndReason Reason { get; init; }

    /// <summary>Whether it covers all sessions of a scope up to a cut-off, rather than one point.</summary>
    public bool IsCutOff => Scope is RevocationScope.User or RevocationScope.Client or RevocationScope.Issuer or RevocationScope.Everyone;

    /// <summary>Whether this token must be refused because of this revocation.</summary>
    public bool Covers(in TokenFacts token) => Scope switch
    {
        RevocationScope.Token => token.TokenId == Key && token.Issuer == Issuer,
        RevocationScope.Session => token.Session == Key && token.Issuer == Issuer,
        RevocationScope.Key => token.KeyId == Key && token.Issuer == Issuer,
        RevocationScope.User => token.Subject == Key && token.Issuer == Issuer && IsNotSpared(token) && IsBefore(token),
        RevocationScope.Client => token.Client == Key && token.Issuer == Issuer && IsBefore(token),
        RevocationScope.Issuer => token.Issuer == Issuer && IsBefore(token),
        RevocationScope.Everyone => IsBefore(token),
        _ => throw new UnreachableException(),
    };

    private bool IsNotSpared(in TokenFacts token) => Except is null || token.Session != Except;

    // An age that nobody knows is refused: the cut-off is forgotten only when no session that old can be left.
    private bool IsBefore(in TokenFacts token) => token.OwnSession is { } session
        ? UpTo is { } upTo && session.Value <= upTo.Value
        : UpToSecond is { } second && (token.SessionBegan is not { } began || began <= second);
}
