using Exeunt.Accounts;
using Exeunt.Hosting;
using Exeunt.Keys;
using Exeunt.Protocol.AccessTokens;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Jose;

namespace Exeunt.Sessions;

/// <summary>Makes the tokens of our own sessions.</summary>
/// <param name="options">Who the access tokens are for.</param>
/// <param name="serverKeys">What refresh tokens are made with.</param>
/// <param name="signingKeys">What access tokens are signed with.</param>
/// <param name="signed">Told of each access token: what was signed here need not be verified here. Null for nobody.</param>
public sealed class TokenMint(ExeuntOptions options, ServerKeys serverKeys, SigningKeys signingKeys, Action<string, AccessToken>? signed = null)
{
    /// <summary>When an access token that is issued now expires: never after its session.</summary>
    public static DateTimeOffset ExpiryOf(DateTimeOffset now, TimeSpan lifetime, DateTimeOffset sessionExpires) =>
        now + lifetime < sessionExpires ? now + lifetime : sessionExpires;

    /// <summary>An access token (RFC 9068) for a session that the ledger has just confirmed to be alive.</summary>
    /// <param name="session">The session; its <see cref="Session.LastTokenExpiresAt"/> is when the token expires at the latest.</param>
    /// <param name="user">Whose it is.</param>
    /// <param name="now">Ledger time, of the same transaction.</param>
    /// <param name="lifetime">How long it is to live.</param>
    public string AccessToken(Session session, User user, DateTimeOffset now, TimeSpan lifetime)
    {
        var key = signingKeys.Current;
        var token = new AccessToken
        {
            Issuer = session.Issuer,
            Subject = session.Subject,
            Audiences = [options.Tokens.Audience],
            ClientId = session.Client,
            Jti = Base32Jti(now),
            Sid = session.Id.ToString(),
            IssuedAt = now,
            ExpiresAt = ExpiryOf(now, lifetime, session.ExpiresAt),
            AuthTime = session.AuthenticatedAt,
            Amr = session.Amr.Split(' '),
            Roles = user.Roles,
            KeyId = key.KeyId,
        };
        var text = token.Sign(key);
        signed?.Invoke(text, token);
        return text;
    }

    /// <summary>The refresh token of the session's generation.</summary>
    public string RefreshToken(Session session, uint generation) => Sessions.RefreshToken.Write(serverKeys, session.Id, generation, session.Secret);

    // A jti needs no type of its own: it is only ever compared.
    private static string Base32Jti(DateTimeOffset now) => Id.New<EventId>(now).ToString()[EventId.Prefix.Length..];
}
