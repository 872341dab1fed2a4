namespace Exeunt.OAuth;

/// <summary>A failure (RFC 6749 §5.2).</summary>
/// <param name="Error">The code.</param>
/// <param name="ErrorDescription">A sentence for people, without quotes, backslashes and anything beyond ASCII.</param>
public sealed record OAuthError(string Error, string ErrorDescription);

/// <summary>Answer to a refresh (RFC 6749 §5.1).</summary>
/// <param name="AccessToken">For APIs.</param>
/// <param name="TokenType">Always <c>Bearer</c>.</param>
/// <param name="ExpiresIn">Seconds until the access token expires.</param>
/// <param name="RefreshToken">For the next refresh; the one before is to be forgotten.</param>
public sealed record OAuthTokens(string AccessToken, string TokenType, long ExpiresIn, string RefreshToken);

/// <summary>What a revocation says when <c>Prefer: wait</c> asked for a receipt; otherwise it says nothing.</summary>
/// <param name="Receipt">Who enforces it, signed.</param>
public sealed record RevokedToken(string Receipt);

/// <summary>What a token is worth (RFC 7662 §2.2). Of one that is worth nothing, nothing but that is said (INT-3).</summary>
/// <param name="Active">Whether it would be accepted now.</param>
public sealed record Introspection(bool Active)
{
    /// <summary>Who issued it.</summary>
    public string? Iss { get; init; }

    /// <summary>Whose it is.</summary>
    public string? Sub { get; init; }

    /// <summary>Which APIs an access token is for; not said of refresh tokens.</summary>
    public IReadOnlyList<string>? Aud { get; init; }

    /// <summary>The client that it was issued to.</summary>
    public string? ClientId { get; init; }

    /// <summary><c>Bearer</c> for an access token; not said of refresh tokens, which are none.</summary>
    public string? TokenType { get; init; }

    /// <summary>When it was issued, in seconds since 1970; not said of refresh tokens.</summary>
    public long? Iat { get; init; }

    /// <summary>When it expires, in seconds since 1970.</summary>
    public long? Exp { get; init; }

    /// <summary>The id of an access token.</summary>
    public string? Jti { get; init; }

    /// <summary>The session that it lives and dies with.</summary>
    public string? Sid { get; init; }

    /// <summary>When the person signed in, in seconds since 1970.</summary>
    public long? AuthTime { get; init; }

    /// <summary>How the person signed in (RFC 8176).</summary>
    public IReadOnlyList<string>? Amr { get; init; }

    /// <summary>Roles of the account, as the access token says them.</summary>
    public IReadOnlyList<string>? Roles { get; init; }
}

/// <summary>Authorization server metadata (RFC 8414 §2). What does not exist here is not there: no value is an empty list (MD-3).</summary>
/// <param name="Issuer">Exactly as tokens say it.</param>
/// <param name="JwksUri">The public keys.</param>
/// <param name="TokenEndpoint">Where to refresh.</param>
/// <param name="TokenEndpointAuthMethodsSupported">How clients say there who they are.</param>
/// <param name="GrantTypesSupported">What can be exchanged there.</param>
/// <param name="RevocationEndpoint">Where to end a token's session.</param>
/// <param name="RevocationEndpointAuthMethodsSupported">How clients say there who they are.</param>
/// <param name="IntrospectionEndpoint">Where to ask what a token is worth.</param>
/// <param name="IntrospectionEndpointAuthMethodsSupported">How clients say there who they are.</param>
public sealed record ServerMetadata(
    string Issuer, string JwksUri, string TokenEndpoint, IReadOnlyList<string> TokenEndpointAuthMethodsSupported, IReadOnlyList<string> GrantTypesSupported,
    string RevocationEndpoint, IReadOnlyList<string> RevocationEndpointAuthMethodsSupported,
    string IntrospectionEndpoint, IReadOnlyList<string> IntrospectionEndpointAuthMethodsSupported);
