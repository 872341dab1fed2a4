using Exeunt.Guard.Revocations;
using Exeunt.Protocol.AccessTokens;
using Exeunt.Protocol.Jose;

namespace Exeunt.Guard.Tokens;

/// <summary>
/// Judges access tokens where they are used. A token that was verified before costs a hash and the index; otherwise its signature is verified with the keys
/// of its issuer. The index is asked every time. The server's own API and the guards of others stand on this one class.
/// </summary>
/// <typeparam name="T">What the caller makes of a verified token, once.</typeparam>
internal sealed class LocalTokens<T>(AccessTokenVerifier verifier, IssuerKeys keys, RevocationIndex index, Func<AccessToken, T?> identify, int capacity)
    where T : class
{
    private readonly VerifiedTokens<Known> verified = new(capacity);

    /// <summary>Verified tokens that are remembered now.</summary>
    public int Remembered => verified.Count;

    /// <summary>The verdict on a token that was verified before; null for any other. Allocates nothing.</summary>
    public TokenVerdict<T>? Repeated(ReadOnlySpan<char> token, DateTimeOffset now, out VerificationSlip slip) =>
        verified.Find(token, now, out slip) is { } known ? Judge(known) : null;

    /// <summary>Takes in a token that this process has just signed: asked for it, nobody verifies its signature.</summary>
    /// <param name="token">The token as it is sent.</param>
    /// <param name="access">What it says, with the key that signed it.</param>
    /// <param name="now">The time.</param>
    public void Remember(string token, AccessToken access, DateTimeOffset now)
    {
        if (verified.Find(token, now, out var slip) is null && Identify(access) is { } known) Keep(slip, known, access, now);
    }

    /// <summary>Verifies a token for which <see cref="Repeated"/> had no verdict. It may wait for keys, within bounds.</summary>
    public async ValueTask<TokenVerdict<T>> VerifyAsync(ReadOnlyMemory<char> token, VerificationSlip slip, DateTimeOffset now)
    {
        if (await keys.CurrentAsync() is not { } current) return TokenVerdict<T>.NoKeys;

        var verdict = verifier.Verify(token.Span, current, now);
        if (verdict is AccessTokenVerdict.Rejected(JwtRejection.UnknownKey, _) && await keys.NewerThanAsync(current) is { } newer)
            verdict = verifier.Verify(token.Span, newer, now);

        switch (verdict)
        {
            case AccessTokenVerdict.Valid(var access) when Identify(access) is { } known:
                Keep(slip, known, access, now);
                return Judge(known);

            // A revoked key may be in a stranger's hands: what it signed ends nothing, expired or not.
            case AccessTokenVerdict.Expired(var access) when Identify(access) is { } known:
                return Judge(known) is TokenVerdict<T>.Ended ended ? ended : new TokenVerdict<T>.Expired(known.Principal);

            case AccessTokenVerdict.Rejected(_, var detail):
                return new TokenVerdict<T>.Forged(detail);

            default:
                return new TokenVerdict<T>.Forged("The token names no session of this server.");
        }
    }

    private void Keep(VerificationSlip slip, Known known, AccessToken access, DateTimeOffset now) =>
        verified.Add(slip, known, access.ExpiresAt - now < IssuerKeys.LongestTrust ? access.ExpiresAt : now + IssuerKeys.LongestTrust, now);

    private TokenVerdict<T> Judge(Known known) => index.IsRevoked(known.Token) ? known.Ended : known.Live;

    private Known? Identify(AccessToken access) => identify(access) is { } principal ? new(principal, index.Repeat(access.ToFacts())) : null;

    private sealed class Known(T principal, in RepeatedToken token)
    {
        public readonly RepeatedToken Token = token; // a field: it is large, and asked about where it lies

        public T Principal => principal;

        public TokenVerdict<T>.Live Live { get; } = new(principal);

        public TokenVerdict<T>.Ended Ended { get; } = new(principal);
    }
}

/// <summary>What is to be thought of a token. Closed.</summary>
internal abstract record TokenVerdict<T>
{
    private TokenVerdict()
    {
    }

    /// <summary>Nobody can say now.</summary>
    public static Undecided NoKeys { get; } = new();

    /// <summary>Authentic, in its time, and not revoked as far as is known here.</summary>
    public sealed record Live(T Principal) : TokenVerdict<T>;

    /// <summary>Well signed, but revoked.</summary>
    public sealed record Ended(T Principal) : TokenVerdict<T>;

    /// <summary>Authentic and not revoked, but past its time.</summary>
    public sealed record Expired(T Principal) : TokenVerdict<T>;

    /// <summary>Nothing that the issuer has signed for this API.</summary>
    public sealed record Forged(string Detail) : TokenVerdict<T>;

    /// <summary>The issuer's keys could not be had yet.</summary>
    public sealed record Undecided : TokenVerdict<T>;
}
