using System.Globalization;
using System.Security.Claims;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;

namespace Exeunt.Guard.Hosting;

/// <summary>What a principal of another scheme says of its session, by its claims.</summary>
internal static class ClaimFacts
{
    // What JwtBearer makes of sub, sid and auth_time unless it is told not to.
    private const string MappedSession = "http://schemas.microsoft.com/ws/2008/06/identity/claims/sid";

    /// <summary>Null when it does not even say whose it is.</summary>
    public static TokenFacts? Of(ClaimsPrincipal principal, string ownIssuer)
    {
        if ((Text(principal, "sub") ?? Text(principal, ClaimTypes.NameIdentifier)) is not { } subject) return null;

        var issuer = Text(principal, "iss") ?? ownIssuer;
        var session = Text(principal, "sid") ?? Text(principal, MappedSession) ?? Text(principal, ClaimTypes.Sid);
        return new()
        {
            Issuer = issuer,
            Subject = subject,
            Session = session,
            OwnSession = issuer == ownIssuer && Id.TryParse<SessionId>(session, out var own) ? own : null,
            TokenId = Text(principal, "jti"),
            Client = Text(principal, "client_id") ?? Text(principal, "azp"),
            SessionBegan = Seconds(Text(principal, "auth_time") ?? Text(principal, ClaimTypes.AuthenticationInstant)),
        };
    }

    private static string? Text(ClaimsPrincipal principal, string type) => principal.FindFirst(type)?.Value is { Length: > 0 } value ? value : null;

    private static long? Seconds(string? text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? seconds : null;
}
