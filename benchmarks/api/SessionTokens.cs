using Exeunt.Guard;
using Exeunt.Protocol.AccessTokens;
using Exeunt.Protocol.Jose;

namespace Exeunt.BenchApi;

/// <summary>
/// Verifies a token once and remembers it, with the classes that the guard uses, and asks no index. So the sides differ in how they learn of ended sessions
/// and in nothing else; the framework's own JWT scheme would verify the signature of every request.
/// </summary>
internal sealed class SessionTokens(Told told)
{
    private readonly VerifiedTokens<GuardedToken> verified = new();
    private readonly AccessTokenVerifier verifier = new(told.Issuer, [told.Audience], TimeSpan.FromSeconds(5));
    private readonly JwkSet keys = JwkSet.TryParse(File.ReadAllBytes(told.Keys), out var set, out var why) ? set : throw new InvalidOperationException(why);

    /// <summary>Null for a token that is not good.</summary>
    public GuardedToken? Judge(ReadOnlySpan<char> token, DateTimeOffset now)
    {
        if (verified.Find(token, now, out var slip) is { } known) return known;
        if (verifier.Verify(token, keys, now) is not AccessTokenVerdict.Valid(var access)) return null;

        var fresh = new GuardedToken(access);
        verified.Add(slip, fresh, access.ExpiresAt, now);
        return fresh;
    }
}
