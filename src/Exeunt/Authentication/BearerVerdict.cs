using Exeunt.Protocol.AccessTokens;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Providers;

namespace Exeunt.Authentication;

/// <summary>What is to be thought of the credentials of a request. Closed: logout must tell apart what other routes may not.</summary>
public abstract record BearerVerdict
{
    private BearerVerdict()
    {
    }

    /// <summary>No bearer credentials at all.</summary>
    public sealed record Missing : BearerVerdict;

    /// <summary>More than one way of authentication, or a header that is no bearer header (RFC 6750 §3.1: <c>invalid_request</c>).</summary>
    public sealed record Malformed(string Detail) : BearerVerdict;

    /// <summary>Nothing that anybody we trust has signed. It proves nothing.</summary>
    public sealed record Forged(string Detail) : BearerVerdict;

    /// <summary>Ours, authentic and not revoked, but past its time: it opens nothing, and may still end its own session.</summary>
    public sealed record Expired(Identity Identity) : BearerVerdict;

    /// <summary>Ours and well signed, but revoked: its session, its user or its key has been ended. It opens nothing and ends nothing.</summary>
    public sealed record Ended(Identity Identity) : BearerVerdict;

    /// <summary>Authentic, in its time, and its session has not ended as far as this node knows.</summary>
    public sealed record Live(Identity Identity) : BearerVerdict;

    /// <summary>
    /// Authentic and in its time, but this node has not read for too long who has left, so it opens nothing now. Routes that take logouts see it as
    /// <see cref="Live"/>.
    /// </summary>
    public sealed record Stale(Identity Identity) : BearerVerdict;

    /// <summary>Authentic, of a provider, but it opens nothing.</summary>
    /// <param name="Token">What it says.</param>
    /// <param name="Standing">Why it opens nothing.</param>
    public sealed record Outside(OutsideToken Token, OutsideStanding Standing) : BearerVerdict;

    /// <summary>Nobody can say now: the keys of its provider could not be fetched yet.</summary>
    public sealed record Undecided : BearerVerdict;
}

/// <summary>Why an authentic token of a provider opens nothing.</summary>
public enum OutsideStanding
{
    /// <summary>It is past its time. It may still end its own session, whether a token of that was ever seen before or not.</summary>
    Expired = 1,

    /// <summary>Its session has ended, or its user may not sign in.</summary>
    Ended = 2,

    /// <summary>Its session is new, and the ledger could not record it.</summary>
    NotRecorded = 3,
}

/// <summary>Who a verified token speaks for.</summary>
/// <param name="User">The account, ours or mirrored.</param>
/// <param name="Session">The session, ours or mirrored.</param>
/// <param name="Issuer">Who signed it.</param>
/// <param name="Subject"><c>sub</c>.</param>
/// <param name="Client">The client application.</param>
/// <param name="Roles">Roles of the account when the token was issued; empty for outside tokens.</param>
/// <param name="AuthenticatedAt">When the person proved who they are; null when nobody knows.</param>
/// <param name="ExpiresAt">When the token expires.</param>
/// <param name="TokenId"><c>jti</c>; null when it has none.</param>
/// <param name="KeyId"><c>kid</c> of the key that signed it; null when it has none.</param>
public sealed record Identity(
    UserId User, SessionId Session, string Issuer, string Subject, string Client, IReadOnlyList<string> Roles, DateTimeOffset? AuthenticatedAt,
    DateTimeOffset ExpiresAt, string? TokenId, string? KeyId)
{
    /// <summary>The token, when it is ours; null when a provider signed it.</summary>
    public AccessToken? Own { get; init; }

    /// <summary>The token, when a provider signed it; null when it is ours.</summary>
    public OutsideToken? Outside { get; init; }

    /// <summary>The token as revocations see it.</summary>
    public TokenFacts Facts => Outside?.Facts ?? new()
    {
        Issuer = Issuer,
        Subject = Subject,
        Session = Session.ToString(),
        OwnSession = Session,
        TokenId = TokenId,
        Client = Client,
        KeyId = KeyId,
    };

    /// <summary>The caller as the administrator who acts.</summary>
    public Audit.Actor AsAdmin => new(Audit.ActorKind.Admin, User, Session);
}
