using Exeunt.Authentication;
using Exeunt.Keys;
using Exeunt.Sessions;
using Exeunt.Storage;

namespace Exeunt.OAuth;

/// <summary>
/// What a token is worth now (INT-6): issued here, in its time, and its session alive. Access tokens are judged from memory, as the server's own API judges
/// them; refresh tokens by the ledger, without turning them. Of everything else nothing is said (INT-3).
/// </summary>
internal sealed class IntrospectToken(ServerKeys keys, BearerTokens tokens, CheckRefreshToken refreshTokens, NodeFreshness freshness)
{
    private static readonly Introspection Inactive = new(false);

    /// <summary>The answer about a token of any kind.</summary>
    /// <exception cref="LedgerUnavailableException">Nobody can say now.</exception>
    public async ValueTask<Introspection> HandleAsync(string presented, CancellationToken ct)
    {
        // Who asks is not the device that holds the token.
        if (RefreshToken.TryOpen(keys, presented, out var refresh))
            return await refreshTokens.FindAliveAsync(refresh, userAgent: null, ct) is var (session, _) ? Of(session) : Inactive;

        if (!await freshness.IsServingAsync()) throw new LedgerUnavailableException("Who has left could not be read for too long.");
        return await tokens.JudgeOwnAsync(presented) is BearerVerdict.Live(var identity) ? Of(identity) : Inactive;
    }

    private static Introspection Of(Identity identity) => new(true)
    {
        Iss = identity.Issuer,
        Sub = identity.Subject,
        Aud = identity.Own?.Audiences,
        ClientId = identity.Client,
        TokenType = "Bearer",
        Iat = identity.Own?.IssuedAt.ToUnixTimeSeconds(),
        Exp = identity.ExpiresAt.ToUnixTimeSeconds(),
        Jti = identity.TokenId,
        Sid = identity.Session.ToString(),
        AuthTime = identity.AuthenticatedAt?.ToUnixTimeSeconds(),
        Amr = identity.Own?.Amr,
        Roles = identity.Roles,
    };

    private static Introspection Of(Session session) => new(true)
    {
        Iss = session.Issuer,
        Sub = session.Subject,
        ClientId = session.Client,
        Exp = session.ExpiresAt.ToUnixTimeSeconds(),
        Sid = session.Id.ToString(),
        AuthTime = session.AuthenticatedAt?.ToUnixTimeSeconds(),
        Amr = session.Amr.Split(' '),
    };
}
