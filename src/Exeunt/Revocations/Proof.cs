using Exeunt.Authentication;
using Exeunt.Protocol.Ids;
using Exeunt.Providers;
using Exeunt.Sessions;
using Exeunt.Storage.Journal;

namespace Exeunt.Revocations;

/// <summary>
/// What a verified credential proves without the ledger, and so all that it can end while that is away: the seal of a refresh token and the signature of an
/// expired access token prove their session; the signature of an unexpired access token proves its session and its user.
/// </summary>
public sealed record Proof
{
    /// <summary>Who signed it.</summary>
    public required string Issuer { get; init; }

    /// <summary>The session as its tokens name it.</summary>
    public required string SessionKey { get; init; }

    /// <summary>The session's row; null for an outside session that this server may have no row of.</summary>
    public SessionId? Session { get; init; }

    /// <summary>The account; null when the credential does not name it.</summary>
    public UserId? User { get; init; }

    /// <summary><c>sub</c>; null unless the credential is good for all sessions of the user.</summary>
    public string? Subject { get; init; }

    /// <summary>The client application; null when the credential does not name it.</summary>
    public string? Client { get; init; }

    /// <summary>Which turn of the refresh token it is; null for an access token.</summary>
    public uint? Generation { get; init; }

    /// <summary>What a provider's token says besides; null for our own.</summary>
    public JournaledToken? Outside { get; init; }

    /// <summary>A refresh token, whose seal has been checked.</summary>
    public static Proof Of(RefreshToken token, string ownIssuer) =>
        new() { Issuer = ownIssuer, SessionKey = token.Session.ToString(), Session = token.Session, Generation = token.Generation };

    /// <summary>An access token, whose signature has been checked.</summary>
    /// <param name="identity">What it says.</param>
    /// <param name="expired">Whether its time is over.</param>
    public static Proof Of(Identity identity, bool expired) => new()
    {
        Issuer = identity.Issuer,
        SessionKey = identity.Facts.Session!,
        Session = identity.Session,
        User = identity.User,
        Subject = expired ? null : identity.Subject,
        Client = identity.Client,
        Outside = identity.Outside is { } token ? Said(token) : null,
    };

    /// <summary>A provider's token, whose signature has been checked and whose session this server may not have seen.</summary>
    public static Proof Of(OutsideToken token) => new() { Issuer = token.Issuer, SessionKey = token.Session, Client = token.Client, Outside = Said(token) };

    /// <summary>Whether it is good for this.</summary>
    public bool Covers(EndScope scope) => scope switch
    {
        EndScope.OneSession(var session) => Session is null || session == Session,
        EndScope.AllOf(var user, var except) => Subject is not null && user == User && (except is null || except == Session),
        _ => false,
    };

    private static JournaledToken Said(OutsideToken token) => new(token.Provider, token.Subject, token.AuthenticatedAt, token.ExpiresAt);
}
