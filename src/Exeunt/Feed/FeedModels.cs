using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;

namespace Exeunt.Feed;

/// <summary>A guard tells how far it enforces.</summary>
/// <param name="Stream">The id that its stream was given.</param>
/// <param name="Id">The place up to which it has taken everything in: <c>epoch:sequence</c>. It may be missing in a goodbye.</param>
/// <param name="Leaving">True: its API stops, so it will open nothing any more. A goodbye.</param>
public sealed record AckRequest(string? Stream, string? Id, bool Leaving = false);

/// <summary>A guard that does not trust its own knowledge asks about one token, by what it says of itself. The token is not sent.</summary>
/// <param name="Issuer"><c>iss</c>.</param>
/// <param name="Subject"><c>sub</c>.</param>
/// <param name="Session"><c>sid</c>.</param>
/// <param name="TokenId"><c>jti</c>.</param>
/// <param name="Client"><c>client_id</c> or <c>azp</c>.</param>
/// <param name="KeyId"><c>kid</c>.</param>
/// <param name="SessionBegan">When an outside session began, in seconds since 1970.</param>
public sealed record CheckRequest(string? Issuer, string? Subject, string? Session, string? TokenId, string? Client, string? KeyId, long? SessionBegan)
{
    /// <summary>The token as revocations see it; null when issuer or subject is missing.</summary>
    /// <param name="ownIssuer">The issuer of our own tokens.</param>
    public TokenFacts? ToFacts(string ownIssuer) => Issuer is not { Length: > 0 } issuer || Subject is not { Length: > 0 } subject ? null : new()
    {
        Issuer = issuer,
        Subject = subject,
        Session = Session,
        OwnSession = issuer == ownIssuer && Id.TryParse<SessionId>(Session, out var own) ? own : null,
        TokenId = TokenId,
        Client = Client,
        KeyId = KeyId,
        SessionBegan = SessionBegan,
    };
}

/// <summary>What this server knows of the token.</summary>
/// <param name="Revoked">Whether it must be refused.</param>
/// <param name="Time">The server's time, in milliseconds since 1970.</param>
/// <param name="AsOf">When the server last read its log with success, in milliseconds since 1970.</param>
public sealed record CheckAnswer(bool Revoked, long Time, long AsOf);
