using Exeunt.Protocol.Revocations;

namespace Exeunt.Providers;

/// <summary>What an authentic token of a provider says. Whether its session has ended is asked of the revocation index and the ledger.</summary>
/// <param name="Provider">The provider's name in the settings.</param>
/// <param name="Issuer"><c>iss</c>.</param>
/// <param name="Subject"><c>sub</c>.</param>
/// <param name="Session">Which session of the issuer it belongs to; see <see cref="OutsideSessionId"/>.</param>
/// <param name="Client"><c>azp</c>, or <c>client_id</c>; the provider's name when it says neither.</param>
/// <param name="AuthenticatedAt">When the session began, as the token tells it; null when it does not.</param>
/// <param name="ExpiresAt"><c>exp</c>.</param>
/// <param name="TokenId"><c>jti</c>; null when it has none.</param>
/// <param name="KeyId"><c>kid</c> of the key that verified it; null when it has none.</param>
public sealed record OutsideToken(
    string Provider, string Issuer, string Subject, string Session, string Client, DateTimeOffset? AuthenticatedAt, DateTimeOffset ExpiresAt, string? TokenId,
    string? KeyId)
{
    /// <summary>The token as revocations see it.</summary>
    public TokenFacts Facts => new()
    {
        Issuer = Issuer,
        Subject = Subject,
        Session = Session,
        TokenId = TokenId,
        Client = Client,
        KeyId = KeyId,
        SessionBegan = AuthenticatedAt?.ToUnixTimeSeconds(),
    };

    /// <summary>Names nobody.</summary>
    public override string ToString() => $"[token of {Provider}]";
}
