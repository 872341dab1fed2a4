using Exeunt.Audit;
using Exeunt.Authentication;
using Exeunt.Http;
using Exeunt.Protocol.Revocations;
using Exeunt.Receipts;
using Exeunt.Revocations;
using Exeunt.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Exeunt.Admin;

/// <summary>Ending sessions as an administrator: any scope, counted first when asked to.</summary>
internal static class EndingEndpoints
{
    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Adds <c>POST /endings</c>.</summary>
        public void MapEndings() => routes.MapPost("/endings", EndAsync).WithSummary("End a session, a user's, a client's, an issuer's or everyone's sessions");
    }

    private static async Task<IResult> EndAsync(HttpContext http, Ledger ledger, Revoker revoker, FailureAudit failures, StepUp stepUp, Enforcement enforcement)
    {
        var body = await JsonBody.ReadAsync(http, ExeuntJson.Default.EndingRequest);
        if (!body.Ok) return body.Problem;
        if (ScopeOf(body.Value, out var problem) is not { } scope) return problem!;

        if (body.Value.DryRun) return await CountAsync(http, ledger, scope);

        if (scope is EndScope.Client or EndScope.Issuer or EndScope.Everyone && await stepUp.RefuseAsync(http) is { } refusal) return refusal;

        // Not the request's cancellation: an ending that was asked for is carried out.
        var outcome = await revoker.EndAsync(new()
        {
            Scope = scope,
            By = http.Caller.AsAdmin,
            Reason = scope is EndScope.Everyone ? EndReason.Everyone : EndReason.Admin,
            From = http.Origin,
        });
        var receipt = await enforcement.ConfirmAsync(http, outcome);
        switch (outcome)
        {
            case EndOutcome.Ended(var ending, var count, _, var at):
                return Answer(new(false, count, ending, at, Receipt: receipt));
            case EndOutcome.AlreadyEnded(var how):
                return Answer(new(false, 0, how.Event == default ? null : how.Event, how.At, Receipt: receipt));
            case EndOutcome.NotAllowed(var why):
                await AdminRefusal.RecordAsync(failures, http, why);
                return Problems.Forbidden(why);
            default:
                return NotFound();
        }
    }

    private static async Task<IResult> CountAsync(HttpContext http, Ledger ledger, EndScope scope)
    {
        var exists = scope switch
        {
            EndScope.OneSession(var session) => await ledger.Reads.FindSessionAsync(session, http.RequestAborted) is not null,
            EndScope.AllOf(var user, _) => await ledger.Reads.FindUserAsync(user, http.RequestAborted) is not null,
            _ => true,
        };
        if (!exists) return NotFound();
        var alive = await ledger.Reads.CountAliveAsync(scope, http.RequestAborted);
        return Answer(new(true, alive, null, null, await UnknownClient.WarningAsync(ledger.Reads, scope, http.RequestAborted)));
    }

    private static EndScope? ScopeOf(EndingRequest request, out ProblemHttpResult? problem)
    {
        problem = null;
        switch (request.Scope)
        {
            case "session" when request.Session is { } session: return new EndScope.OneSession(session);
            case "user" when request.User is { } user: return new EndScope.AllOf(user, request.Except);
            case "client" when !string.IsNullOrEmpty(request.Client): return new EndScope.Client(request.Client);
            case "issuer" when !string.IsNullOrEmpty(request.Issuer): return new EndScope.Issuer(request.Issuer);
            case "everyone": return new EndScope.Everyone();
            case "session" or "user" or "client" or "issuer":
                problem = Problems.InvalidField(request.Scope, $"With the scope '{request.Scope}' give '{request.Scope}' as well.");
                return null;
            default:
                problem = Problems.InvalidField("scope", "'scope' is session, user, client, issuer or everyone.");
                return null;
        }
    }

    private static IResult Answer(EndingAnswer answer) => TypedResults.Json(answer, ExeuntJson.Default.EndingAnswer);

    private static IResult NotFound() => Problems.NotFound("There is no such session or account.");
}
