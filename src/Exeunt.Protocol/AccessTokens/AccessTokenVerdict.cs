using Exeunt.Protocol.Jose;

namespace Exeunt.Protocol.AccessTokens;

/// <summary>What is to be thought of an access token, before asking whether its session has ended. Closed.</summary>
public abstract record AccessTokenVerdict
{
    private AccessTokenVerdict() { }

    /// <summary>Authentic, for this API, and in its time.</summary>
    public sealed record Valid(AccessToken Token) : AccessTokenVerdict;

    /// <summary>Authentic and for this API, but past its time: it opens nothing, and may still end its own session.</summary>
    public sealed record Expired(AccessToken Token) : AccessTokenVerdict;

    /// <summary>Not to be believed. Answer with <c>invalid_token</c> (RFC 9068 §4, RFC 6750 §3.1).</summary>
    /// <param name="Code">Why, for programs.</param>
    /// <param name="Detail">Why, for people; quotes nothing of the token.</param>
    public sealed record Rejected(JwtRejection Code, string Detail) : AccessTokenVerdict;
}
