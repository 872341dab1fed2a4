using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Authentication;
using Exeunt.Http;
using Exeunt.Protocol.Revocations;
using Exeunt.Receipts;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Exeunt.Storage;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Exeunt.Contracts;

/// <summary>
/// The refresh-token contract: <c>POST /api/v1/auth/logout</c> with the refresh token in the body (or in the cookie: then it is the browser contract) and no
/// other authentication, and <c>POST /api/v1/auth/logout-all</c> with an access token.
/// </summary>
internal static class RefreshTokenContract
{
    /// <summary>What the audit says of a refresh token that had been replaced by a newer one when it was used to log out.</summary>
    public const string StaleCredential = "stale_credential";

    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Adds its routes.</summary>
        public void MapRefreshTokenContract()
        {
            routes.MapPost("/auth/logout", LogoutAsync).Describe("Logout", "Logs out the session of a refresh token", "Logout contracts")
                .Reads<RefreshRequest>().Produces<MessageResponse>().Fails(400, 401, 403, 413, 415, 503);
            routes.MapPost("/auth/logout-all", LogoutAllAsync).TakesLogouts().Describe("LogoutAll", "Logs out all sessions of the access token's user", "Logout contracts")
                .Produces<LoggedOutAllResponse>().Fails(400, 401, 403, 503);
        }
    }

    private static async Task<IResult> LogoutAsync(HttpContext http, Revoker revoker, Logouts logouts, RevocationRules rules, SessionCookie cookie, Enforcement enforcement)
    {
        var body = await JsonBody.ReadOptionalAsync(http, ExeuntJson.Default.RefreshRequest);
        if (body.Problem is { } problem) return problem;
        var presented = cookie.ForLogout(http, body.Value?.RefreshToken);
        if (presented.Token is not { } token) return presented.Problem!;

        // It cannot be cancelled: a browser often leaves the page the moment it has asked to log out.
        var own = Own(token, rules, http.Origin);
        var outcome = await logouts.EndAsync(own, () => revoker.EndAsync(own, (transaction, command) => CompleteAsync(transaction, command, token)));

        SessionCookie.Clear(http); // only now: if nothing could be recorded, the browser needs it to try again
        var warning = (outcome as EndOutcome.Ended)?.Warning;
        return TypedResults.Json(new MessageResponse("Logged out successfully", warning, await enforcement.ConfirmAsync(http, outcome)), ExeuntJson.Default.MessageResponse);
    }

    private static EndSessions Own(RefreshToken token, RevocationRules rules, Origin from) => new()
    {
        Scope = new EndScope.OneSession(token.Session),
        By = new(ActorKind.User, User: null, token.Session),
        Reason = EndReason.User,
        From = from,
        OwnSessionOnly = true,
        Proof = Proof.Of(token, rules.OwnIssuer),
    };

    // The seal proves that the session was ours, also when its row is gone.
    private static async ValueTask<EndSessions?> CompleteAsync(ILedgerTransaction transaction, EndSessions command, RefreshToken token) =>
        await transaction.SessionAsync(token.Session) is { } session
            ? command with { By = command.By with { User = session.User }, Detail = token.Generation < session.Generations.Current ? StaleCredential : null }
            : command;

    private static async Task<IResult> LogoutAllAsync(HttpContext http, Revoker revoker, Enforcement enforcement)
    {
        switch (http.Bearer)
        {
            case BearerVerdict.Missing:
                // This contract's own rule: everywhere else, missing credentials are answered 401.
                return Problems.Forbidden("Send an access token as: Authorization: Bearer <token>.");

            case BearerVerdict.Live(var identity):
                var outcome = await revoker.EndAsync(AllOf(identity, http.Origin));
                if (outcome is not EndOutcome.Ended ended)
                {
                    http.Features.Set<BearerVerdict>(new BearerVerdict.Ended(identity)); // while this request was on its way
                    break;
                }

                SessionCookie.Clear(http);
                return TypedResults.Json(
                    new LoggedOutAllResponse("Logged out from all devices successfully", ended.Count, ended.Warning, await enforcement.ConfirmAsync(http, ended)),
                    ExeuntJson.Default.LoggedOutAllResponse);
        }

        await http.ChallengeAsync();
        return Results.Empty;
    }

    private static EndSessions AllOf(Identity identity, Origin from) => new()
    {
        Scope = new EndScope.AllOf(identity.User),
        By = new(ActorKind.User, identity.User, identity.Session),
        Reason = EndReason.LogoutAll,
        From = from,
        Proof = Proof.Of(identity, expired: false),
    };
}

/// <summary>An answer that is one sentence.</summary>
/// <param name="Message">The sentence, as the contract has it.</param>
/// <param name="Warning">That the logout is in the journal and not yet in the database; missing when all is well.</param>
/// <param name="Receipt">Who enforces it, signed; only when <c>Prefer: wait</c> asked for it.</param>
public sealed record MessageResponse(string Message, string? Warning = null, string? Receipt = null);

/// <summary>Answer to logging out everywhere.</summary>
/// <param name="Message">The sentence, as the contract has it.</param>
/// <param name="RevokedSessions">How many sessions were alive and are not any more. With a warning it is the one that asked: the others are ended as well, and
/// counted when the database is back.</param>
/// <param name="Warning">That the logout is in the journal and not yet in the database; missing when all is well.</param>
/// <param name="Receipt">Who enforces it, signed; only when <c>Prefer: wait</c> asked for it.</param>
public sealed record LoggedOutAllResponse(string Message, long RevokedSessions, string? Warning = null, string? Receipt = null);
