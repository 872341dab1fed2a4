using System.Buffers.Text;
using System.Net;
using System.Text.Json;
using Exeunt.EndToEnd.Commands;

namespace Exeunt.EndToEnd.OtherStacks;

/// <summary>A way in which a session ends.</summary>
/// <param name="How">Its name.</param>
/// <param name="End">Ends the first session; the second is of the same person, on another device.</param>
/// <param name="SparesOther">Whether the second one goes on.</param>
/// <param name="Client">The client that the first one signs in with; null for the usual one.</param>
internal sealed record WayOut(string How, Func<ProtectedSample, Requests.Session, Requests.Session, Task> End, bool SparesOther = false, string? Client = null)
{
    /// <summary>Every way there is, the widest last.</summary>
    public static IReadOnlyList<WayOut> All { get; } =
    [
        new("session", (sample, own, _) => sample.EndAsync(HttpMethod.Delete, "api/v1/sessions/current", own.Access), SparesOther: true),
        new("from another device", (sample, own, other) => sample.EndAsync(HttpMethod.Delete, $"api/v1/sessions/{own.Id}", other.Access), SparesOther: true),
        new("refresh-token logout", (sample, own, _) => Requests.LogoutAsync(sample.Server, own.Refresh), SparesOther: true),
        new("others", (sample, _, other) => sample.EndAsync(HttpMethod.Delete, "api/v1/sessions/others", other.Access), SparesOther: true),
        new("all", (sample, own, _) => sample.EndAsync(HttpMethod.Delete, "api/v1/sessions", own.Access)),
        new("logout-all", (sample, own, _) => sample.EndAsync(HttpMethod.Post, "api/v1/auth/logout-all", own.Access)),
        new("theft", (sample, own, _) => StealAsync(sample, own), SparesOther: true),
        new("expiry", (_, _, _) => Task.CompletedTask, SparesOther: true, Client: ProtectedSample.ShortLived),
        new("admin: session", (sample, own, _) => EndAsync(sample, new { scope = "session", session = own.Id }), SparesOther: true),
        new("admin: user", (sample, own, _) => EndAsync(sample, new { scope = "user", user = Subject(own) })),
        new("admin: client", (sample, _, _) => EndAsync(sample, new { scope = "client", client = "default" })),
        new("admin: issuer", (sample, _, _) => EndAsync(sample, new { scope = "issuer", issuer = ProtectedSample.Issuer })),
        new("admin: everyone", (sample, _, _) => EndAsync(sample, new { scope = "everyone" })),
        new("operator: session", (sample, own, _) => sample.RunAsync("sessions", "end", own.Id), SparesOther: true),
        new("operator: everyone", (sample, _, _) => sample.RunAsync("omnes", "--yes")),
    ];

    private static async Task EndAsync(ProtectedSample sample, object what) => await sample.EndAsync(HttpMethod.Post, "api/v1/admin/endings", await sample.AdminTokenAsync(), what);

    // The token turns twice; then somebody comes with the first one.
    private static async Task StealAsync(ProtectedSample sample, Requests.Session own)
    {
        var newest = own.Refresh;
        for (var turns = 0; turns < 2;)
        {
            var (_, session) = await Requests.RefreshAsync(sample.Server, newest);
            if (session!.Refresh == newest) continue; // within the window it does not turn
            newest = session.Refresh;
            turns++;
        }

        Assert.Equal(HttpStatusCode.Unauthorized, (await Requests.RefreshAsync(sample.Server, own.Refresh)).Status);
    }

    private static string Subject(Requests.Session session)
    {
        using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(session.Access.Split('.')[1]));
        return claims.RootElement.GetProperty("sub").GetString()!;
    }
}
