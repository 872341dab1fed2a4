using Exeunt.LoadBench.Load;

namespace Exeunt.LoadBench.Peers;

/// <summary>The routes that the apps on Express and ASP.NET Core share.</summary>
internal sealed class RestWire : Wire
{
    public override byte[] Logout(Held session) => Requests.PostJson("/auth/logout", Token(session));

    public override byte[] Refresh(Held session) => Requests.PostJson("/auth/refresh", Token(session));

    public override Held Refreshed(Held before, Answer answer) => Tokens(before, answer, "accessToken", "refreshToken");

    public override byte[] Request(Held session) => Requests.Get("/me", session.Access);

    public override bool IsLetIn(Answer answer) => answer.Status == 200 && answer.Body.Span.StartsWith("{\"id\":"u8);

    public override byte[] LogoutAll(Held session) => Requests.Post("/auth/logout-all", session.Access);

    public override bool HasEnded(Answer answer, int sessions) => Number(answer, "ended") == sessions;

    public override byte[] Login(string email, string password) => Requests.PostJson("/auth/login", $$"""{"email":"{{email}}","password":"{{password}}"}""");

    private static string Token(Held session) => $$"""{"refreshToken":"{{session.Refresh}}"}""";
}
