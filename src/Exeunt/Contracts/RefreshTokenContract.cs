using Exeunt.Audit;
using Exeunt.Http;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Exeunt.Contracts;

/// <summary>The refresh-token contract: <c>POST /api/v1/auth/logout</c> with the refresh token in the body and no other authentication.</summary>
internal static class RefreshTokenContract
{
    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Adds its routes.</summary>
        public void MapRefreshTokenContract() => routes.MapPost("/auth/logout", LogoutAsync);
    }

    private static async Task<IResult> LogoutAsync(HttpContext http, Revoker revoker, SessionCookie cookie)
    {
        var body = await JsonBody.ReadOptionalAsync(http, ExeuntJson.Default.RefreshRequest);
        if (body.Problem is { } problem) return problem;
        var presented = cookie.ForLogout(http, body.Value?.RefreshToken);
        if (presented.Token is not { } token) return presented.Problem!;

        // Not the request's cancellation: a browser often leaves the page the moment it has asked to log out.
        var outcome = await revoker.EndAsync(new()
        {
            Scope = new EndScope.OneSession(token.Session),
            By = new(ActorKind.User, Session: token.Session),
            Reason = EndReason.User,
            From = http.Origin,
            OwnSessionOnly = true,
        });
        SessionCookie.Clear(http); // only now: if the ledger was away, the browser needs it to try again
        return outcome is EndOutcome.Ended or EndOutcome.AlreadyEnded
            ? TypedResults.Json(new MessageResponse("Logged out successfully"), ExeuntJson.Default.MessageResponse)
            : Problems.RefreshRefused();
    }
}

/// <summary>An answer that is one sentence.</summary>
/// <param name="Message">The sentence, as the contract has it.</param>
public sealed record MessageResponse(string Message);
