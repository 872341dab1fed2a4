namespace Exeunt.Protocol.Jose;

/// <summary>What a verifier says of a token. Closed: there is no fourth answer.</summary>
public abstract record JwtVerdict
{
    private JwtVerdict() { }

    /// <summary>Authentic, of the right kind, for us, and in its time.</summary>
    /// <param name="Claims">What it says.</param>
    /// <param name="Key">The key that verified it.</param>
    public sealed record Valid(JwtClaims Claims, VerificationKey Key) : JwtVerdict;

    /// <summary>As <see cref="Valid"/> in everything, but <c>exp</c> has passed. It opens nothing any more; it still proves whose session to end.</summary>
    /// <param name="Claims">What it says.</param>
    /// <param name="Key">The key that verified it.</param>
    public sealed record Expired(JwtClaims Claims, VerificationKey Key) : JwtVerdict;

    /// <summary>Not to be believed.</summary>
    /// <param name="Code">Why, for programs.</param>
    /// <param name="Detail">Why, for people: a fixed sentence that quotes nothing of the token and is safe to send and to log.</param>
    public sealed record Rejected(JwtRejection Code, string Detail) : JwtVerdict;
}

/// <summary>Why a token was rejected.</summary>
public enum JwtRejection
{
    /// <summary>Longer than 16 KiB; it was not looked at.</summary>
    TooLarge,

    /// <summary>Not a JWS in compact form whose header and payload are strict JSON objects.</summary>
    Malformed,

    /// <summary>The header demands an extension (<c>crit</c>, <c>b64</c>); none is understood.</summary>
    UnknownExtension,

    /// <summary><c>typ</c> is that of another kind of token.</summary>
    WrongType,

    /// <summary><c>alg</c> is unknown, not allowed, or not the one of the key.</summary>
    WrongAlgorithm,

    /// <summary>No key has this <c>kid</c>. It may help to fetch the issuer's keys again, at a bounded rate.</summary>
    UnknownKey,

    /// <summary>The signature is not that of the key.</summary>
    WrongSignature,

    /// <summary><c>iss</c> is not the expected one.</summary>
    WrongIssuer,

    /// <summary><c>aud</c> does not name us.</summary>
    WrongAudience,

    /// <summary>A claim that must be there is missing or empty.</summary>
    MissingClaim,

    /// <summary>A claim that must not be there is.</summary>
    ForbiddenClaim,

    /// <summary>A claim has a type or a value that it cannot have.</summary>
    MalformedClaim,

    /// <summary><c>nbf</c> or <c>iat</c> lies in the future.</summary>
    NotYetValid,
}
