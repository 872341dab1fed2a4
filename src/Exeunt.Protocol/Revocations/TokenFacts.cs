using Exeunt.Protocol.Ids;

namespace Exeunt.Protocol.Revocations;

/// <summary>What a verified token says of itself, as far as a revocation can ask for it. It is passed by reference and never allocated.</summary>
public readonly struct TokenFacts
{
    /// <summary><c>iss</c>. Ids are unique only within one issuer.</summary>
    public required string Issuer { get; init; }

    /// <summary><c>sub</c>.</summary>
    public required string Subject { get; init; }

    /// <summary><c>sid</c>; null when an outside token names no session.</summary>
    public string? Session { get; init; }

    /// <summary>The session id as a number, when the token is one of ours: its order is the order of creation. Null for outside tokens.</summary>
    public SessionId? OwnSession { get; init; }

    /// <summary><c>jti</c>.</summary>
    public string? TokenId { get; init; }

    /// <summary><c>client_id</c>, or <c>azp</c> of an outside token.</summary>
    public string? Client { get; init; }

    /// <summary><c>kid</c> of the key that signed it.</summary>
    public string? KeyId { get; init; }

    /// <summary>When the session behind an outside token began, in whole seconds since 1970 (<c>auth_time</c> or the provider's own measure); null when
    /// the token does not say. Not used for our own tokens, whose session id tells it.</summary>
    public long? SessionBegan { get; init; }
}
