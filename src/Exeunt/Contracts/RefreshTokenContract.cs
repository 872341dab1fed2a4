using Exeunt.Audit;
using Exeunt.Http;
using Exeunt.Keys;
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

    private static async Task<IResult> LogoutAsync(HttpContext http, Revoker revoker, ServerKeys keys)
    {
        var body = await JsonBody.ReadAsync(http, ExeuntJson.Default.RefreshRequest);
        if (!body.Ok) return body.Problem;
        if (!RefreshToken.TryOpen(keys, body.Value.RefreshToken, out var token)) return Problems.RefreshRefused();

        // Not the request's cancellation: a browser often leaves the page the moment it has asked to log out.
        var outcome = await revoker.EndAsync(new()
        {
            Scope = new EndScope.OneSession(token.Session),
            By = new(ActorKind.User, Session: token.Session),
            Reason = EndReason.User,
            From = http.Origin,
            OwnSessionOnly = true,
        });
        return outcome is EndOutcome.Ended or EndOutcome.AlreadyEnded
            ? TypedResults.Json(new MessageResponse("Logged out successfully"), ExeuntJson.Default.MessageResponse)
            : Problems.RefreshRefused();
    }
}

/// <summary>An answer that is one sentence.</summary>
/// <param name="Message">The sentence, as the contract has it.</param>
public sealed record MessageResponse(string Message);
