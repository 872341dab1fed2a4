using System.Text;
using Exeunt.LoadBench.Load;

namespace Exeunt.LoadBench.Peers;

/// <summary>Exeunt's own routes; authenticated requests go to an API behind its guard.</summary>
/// <param name="client">Who may introspect.</param>
/// <param name="secret">Its secret.</param>
internal sealed class ExeuntWire(string client, string secret) : Wire
{
    private readonly string credentials = Convert.ToBase64String(Encoding.ASCII.GetBytes($"{client}:{secret}"));

    public override byte[] Logout(Held session) => Requests.Logout(session.Refresh);

    public override byte[] LogoutEverywhereAtOnce(Held session) => Requests.PostJson("/api/v1/auth/logout", $$"""{"refresh_token":"{{session.Refresh}}"}""", "Prefer: wait=5\r\n");

    public override byte[] LogoutByAccess(Held session) => Requests.Text($"DELETE /api/v1/sessions/current HTTP/1.1\r\nHost: bench\r\nUser-Agent: bench\r\nAuthorization: Bearer {session.Access}\r\n\r\n");

    public override byte[] Refresh(Held session) => Requests.Refresh(session.Refresh);

    public override Held Refreshed(Held before, Answer answer) => Tokens(before, answer, "access_token", "refresh_token");

    public override byte[] Request(Held session) => Requests.Get("/", session.Access);

    public override byte[] LogoutAll(Held session) => Requests.LogoutAll(session.Access);

    public override bool HasEnded(Answer answer, int sessions) => Number(answer, "revoked_sessions") == sessions;

    public override byte[] Introspect(Held session) => Requests.PostForm("/oauth2/introspect", $"token={session.Access}", $"Authorization: Basic {credentials}\r\n");
}
