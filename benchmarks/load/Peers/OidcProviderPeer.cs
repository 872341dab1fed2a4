using System.Text;
using Exeunt.LoadBench.Load;
using Exeunt.LoadBench.Prepared;

namespace Exeunt.LoadBench.Peers;

/// <summary>
/// oidc-provider with an adapter for PostgreSQL: <c>benchmarks/peers/oidc-provider</c>. To sign in takes a browser, and there is no logging out everywhere. Its
/// access tokens are opaque and looked up by every request.
/// </summary>
internal static class OidcProviderPeer
{
    public const string Name = "oidc-provider + PostgreSQL";

    public static Task<Contender> StartAsync(Amounts amounts, Databases databases, PeerSecrets secrets, Belongings belongings) => NodePeer.OnPostgresAsync(
        amounts, databases, secrets, Name, NodePeer.FolderIn(amounts.Bench, "oidc-provider"), new OidcWire("bench", secrets.Secret), belongings);
}

/// <summary>The routes of the standards: revocation (RFC 7009), refresh (RFC 6749), introspection (RFC 7662) and userinfo.</summary>
/// <param name="client">The client that the tokens were issued to.</param>
/// <param name="secret">Its secret.</param>
internal sealed class OidcWire(string client, string secret) : Wire
{
    private readonly string credentials = $"Authorization: Basic {Convert.ToBase64String(Encoding.ASCII.GetBytes($"{client}:{secret}"))}\r\n";

    public override byte[] Logout(Held session) => Requests.PostForm("/token/revocation", $"token={session.Refresh}&token_type_hint=refresh_token", credentials);

    public override byte[] Refresh(Held session) => Requests.PostForm("/token", $"grant_type=refresh_token&refresh_token={session.Refresh}", credentials);

    public override Held Refreshed(Held before, Answer answer) => Tokens(before, answer, "access_token", "refresh_token");

    public override byte[] Request(Held session) => Requests.Get("/me", session.Access);

    public override bool IsLetIn(Answer answer) => answer.Status == 200 && answer.Body.Span.StartsWith("{\"sub\":"u8);

    public override byte[] Introspect(Held session) => Requests.PostForm("/token/introspection", $"token={session.Access}", credentials);
}
