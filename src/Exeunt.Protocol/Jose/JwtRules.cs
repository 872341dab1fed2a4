namespace Exeunt.Protocol.Jose;

/// <summary>What a verifier demands of a token. There is no default for what would be a hole if it were forgotten.</summary>
public sealed record JwtRules
{
    private static readonly TimeSpan MostLeeway = TimeSpan.FromMinutes(5); // "no more than a few minutes" (RFC 9068 §4)

    /// <summary>The kind of token; any other is refused.</summary>
    public required TokenKind Kind { get; init; }

    /// <summary>The algorithms to accept, whatever keys there are.</summary>
    /// <exception cref="ArgumentException">None is given.</exception>
    public required IReadOnlyList<JwsAlgorithm> Algorithms
    {
        get;
        init => field = value is [_, ..] ? value : throw new ArgumentException("At least one algorithm is needed.", nameof(value));
    }

    /// <summary>What <c>iss</c> must be, compared byte for byte: a final slash counts.</summary>
    /// <exception cref="ArgumentException">It is empty.</exception>
    public required string Issuer
    {
        get;
        init => field = value is not "" ? value : throw new ArgumentException("The issuer is empty.", nameof(value));
    }

    /// <summary>One of these must be in <c>aud</c>; empty when the kind has no audience.</summary>
    public required IReadOnlyList<string> Audiences { get; init; }

    /// <summary>How far the issuer's clock may be from ours, for <c>exp</c>, <c>nbf</c> and <c>iat</c>. Default none; at most 5 minutes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative or longer than 5 minutes.</exception>
    public TimeSpan Leeway
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, MostLeeway);
            field = value;
        }
    }
}
