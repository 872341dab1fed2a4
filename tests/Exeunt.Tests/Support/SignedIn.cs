using System.Text.Json;
using Exeunt.Protocol.Ids;

namespace Exeunt.Tests.Support;

/// <summary>What a client holds after signing in or refreshing.</summary>
public sealed record SignedIn(string AccessToken, string RefreshToken, SessionId Session, UserId User, string? Email)
{
    /// <summary>Reads the answer of login and refresh.</summary>
    public static SignedIn Of(JsonElement answer) => new(
        answer.GetProperty("access_token").GetString()!,
        answer.GetProperty("refresh_token").GetString()!,
        Id.TryParse<SessionId>(answer.GetProperty("session_id").GetString(), out var session) ? session : throw new FormatException("session_id"),
        Id.TryParse<UserId>(answer.GetProperty("user").GetProperty("id").GetString(), out var user) ? user : throw new FormatException("user.id"),
        answer.GetProperty("user").GetProperty("email").GetString());
}
