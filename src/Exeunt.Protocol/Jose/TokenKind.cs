namespace Exeunt.Protocol.Jose;

/// <summary>
/// What makes one kind of token different from all others. Each verifier accepts only its own kind (RFC 8725 §3.11, §3.12), so that a token made for
/// one purpose never serves another.
/// </summary>
/// <param name="Type">The <c>typ</c> of the header without <c>application/</c>. Compared without regard to case; the prefix may be there (RFC 7515 §4.1.9).</param>
/// <param name="TypeMayBeMissing">Whether a token without <c>typ</c> is of this kind, too.</param>
/// <param name="MustExpire">Whether <c>exp</c> has to be there. When it is there it counts in any case.</param>
/// <param name="Required">Claims that must be there and say something: neither null nor an empty string, array or object.</param>
/// <param name="Forbidden">Claims that belong to other kinds: their mere presence, even as null, makes the token another one.</param>
public sealed record TokenKind(string Type, bool TypeMayBeMissing, bool MustExpire, IReadOnlyList<string> Required, IReadOnlyList<string> Forbidden)
{
    private const string Prefix = "application/";

    /// <summary>An access token of RFC 9068. <c>sid</c> is our addition: a token without it could not be ended.</summary>
    public static TokenKind AccessToken { get; } = new(
        "at+jwt", TypeMayBeMissing: false, MustExpire: true,
        Required: ["iss", "aud", "sub", "client_id", "iat", "jti", "sid"],
        Forbidden: ["events", "nonce"]);

    /// <summary>A signed statement about the heads of the audit chains. It is kept as long as the audit, so it does not expire.</summary>
    public static TokenKind AuditCheckpoint { get; } = new(
        "audit-checkpoint+jwt", TypeMayBeMissing: false, MustExpire: false,
        Required: ["iss", "iat"],
        Forbidden: ["exp", "sub", "aud", "events", "nonce"]);

    /// <summary>A signed statement about who enforces an ending. It is a proof and never a credential, so it has none of the claims of one.</summary>
    public static TokenKind LogoutReceipt { get; } = new(
        "logout-receipt+jwt", TypeMayBeMissing: false, MustExpire: false,
        Required: ["iss", "iat", "epoch", "guards"],
        Forbidden: ["exp", "sub", "aud", "sid", "client_id", "events", "nonce"]);

    /// <summary>
    /// A session token of an outside provider, for instance Clerk. Its type is the general one, or none; so a logout token whose issuer leaves
    /// <c>typ</c> out is kept apart by its <c>events</c>.
    /// </summary>
    public static TokenKind ProviderSession { get; } = new(
        "JWT", TypeMayBeMissing: true, MustExpire: true,
        Required: ["iss", "sub", "iat"],
        Forbidden: ["events"]);

    /// <summary>All kinds that this version knows.</summary>
    public static IReadOnlyList<TokenKind> All { get; } = [AccessToken, AuditCheckpoint, LogoutReceipt, ProviderSession];

    internal bool Accepts(string? type)
    {
        if (type is null) return TypeMayBeMissing;

        var bare = type.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) ? type.AsSpan(Prefix.Length) : type;
        return bare.Equals(Type, StringComparison.OrdinalIgnoreCase);
    }
}
