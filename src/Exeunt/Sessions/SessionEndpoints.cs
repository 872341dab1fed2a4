using Exeunt.Audit;
using Exeunt.Authentication;
using Exeunt.Http;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Receipts;
using Exeunt.Revocations;
using Exeunt.Storage;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Exeunt.Sessions;

/// <summary>The device list: the sessions of the caller, and ending them.</summary>
internal static class SessionEndpoints
{
    private const int MostOnAPage = 200;

    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Adds <c>GET sessions</c> and the four ways to <c>DELETE</c>.</summary>
        public void MapSessions()
        {
            routes.MapGet("/sessions", ListAsync).RequireAuthorization().Describe("ListSessions", "The caller's sessions that are alive, newest first", "Sessions")
                .Takes("limit", $"Sessions on a page, 1 to {MostOnAPage}; 50 unless given.").Takes("cursor", "The `next` of the page before.")
                .Produces<SessionList>().Fails(400, 401);
            routes.MapDelete("/sessions/current", EndCurrentAsync).TakesLogouts().Describe("EndCurrentSession", "Logs out here", "Sessions").Produces<EndedResponse>().Fails(400, 401, 503);
            routes.MapDelete("/sessions/others", EndOthersAsync).TakesLogouts().RequireAuthorization().Describe("EndOtherSessions", "Logs out everywhere but here", "Sessions")
                .Produces<EndedResponse>().Fails(401, 503);
            routes.MapDelete("/sessions/{sid}", EndOneAsync).TakesLogouts().RequireAuthorization().Describe("EndSession", "Logs out one device", "Sessions")
                .Produces<EndedResponse>().Fails(401, 404, 503);
            routes.MapDelete("/sessions", EndAllAsync).TakesLogouts().RequireAuthorization().Describe("EndAllSessions", "Logs out everywhere", "Sessions")
                .Produces<EndedResponse>().Fails(401, 503);
        }
    }

    private static Task<IResult> ListAsync(HttpContext http, Ledger ledger)
    {
        var query = new QueryReader(http);
        var wanted = new SessionQuery(http.Caller.User, AliveOnly: true, Limit: query.Limit(50, MostOnAPage), Cursor: query.Cursor());
        return query.PageAsync(
            () => ledger.Reads.SessionsAsync(wanted, http.RequestAborted),
            page => TypedResults.Json(
                new SessionList([.. page.Items.Select(one => SessionView.Of(one.Session, one.Session.Id == http.Caller.Session))], page.Next), ExeuntJson.Default.SessionList));
    }

    /// <summary>Leaving is forgiving: a token that has expired still proves which session it may end, and asking twice is no mistake.</summary>
    private static async Task<IResult> EndCurrentAsync(HttpContext http, Logouts logouts, Revoker revoker, Ledger ledger, Enforcement enforcement)
    {
        switch (http.Features.Get<BearerVerdict>())
        {
            case BearerVerdict.Live(var live):
                return await EndOwnAsync(http, logouts, enforcement, live, expired: false);

            case BearerVerdict.Expired(var expired):
                return await EndOwnAsync(http, logouts, enforcement, expired, expired: true);

            case BearerVerdict.Ended(var gone) when revoker.Journaled(gone.Facts) is { } journaled:
                SessionCookie.Clear(http);
                return Answer(EndedResponse.Of(journaled));

            // Told, not ended again: of a token whose key was revoked nobody knows who made it.
            case BearerVerdict.Ended(var ended) when await ledger.Reads.FindSessionAsync(ended.Session, http.RequestAborted) is { End: { } how }:
                SessionCookie.Clear(http);
                var before = new EndOutcome.AlreadyEnded(how);
                return Answer(EndedResponse.Of(before) with { Receipt = await enforcement.ConfirmAsync(http, before) });

            default:
                await http.ChallengeAsync();
                return Results.Empty;
        }
    }

    private static Task<IResult> EndOwnAsync(HttpContext http, Logouts logouts, Enforcement enforcement, Identity identity, bool expired) => EndAsync(http, logouts, enforcement, new()
    {
        Scope = new EndScope.OneSession(identity.Session),
        By = new(ActorKind.User, identity.User, identity.Session),
        Reason = EndReason.User,
        From = http.Origin,
        OwnSessionOnly = true,
        Proof = Proof.Of(identity, expired),
    });

    private static async Task<IResult> EndOneAsync(string sid, HttpContext http, Logouts logouts, Ledger ledger, Enforcement enforcement)
    {
        // Somebody else's session and none at all are answered the same: ids are not to be tried out. Not the request's cancellation: who asked to end a
        // session may be gone before it is found.
        if (!Id.TryParse<SessionId>(sid, out var session)) return Problems.NotFound("You have no session of this id.");
        if (session != http.Caller.Session
            && (await ledger.Reads.FindSessionAsync(session, CancellationToken.None) is not { } found || found.Session.User != http.Caller.User))
            return Problems.NotFound("You have no session of this id.");

        return await EndAsync(http, logouts, enforcement, ByCaller(http, new EndScope.OneSession(session), session == http.Caller.Session ? EndReason.User : EndReason.OtherDevice));
    }

    private static Task<IResult> EndOthersAsync(HttpContext http, Logouts logouts, Enforcement enforcement) =>
        EndAsync(http, logouts, enforcement, ByCaller(http, new EndScope.AllOf(http.Caller.User, http.Caller.Session), EndReason.OtherDevice));

    private static Task<IResult> EndAllAsync(HttpContext http, Logouts logouts, Enforcement enforcement) =>
        EndAsync(http, logouts, enforcement, ByCaller(http, new EndScope.AllOf(http.Caller.User), EndReason.LogoutAll));

    private static EndSessions ByCaller(HttpContext http, EndScope scope, EndReason reason) =>
        new() { Scope = scope, By = new(ActorKind.User, http.Caller.User, http.Caller.Session), Reason = reason, From = http.Origin, Proof = Proof.Of(http.Caller, expired: false) };

    private static async Task<IResult> EndAsync(HttpContext http, Logouts logouts, Enforcement enforcement, EndSessions command)
    {
        var outcome = await logouts.EndAsync(command);
        if (command.By.Session is { } own && EndsOwn(command.Scope, own)) SessionCookie.Clear(http);
        var receipt = await enforcement.ConfirmAsync(http, outcome);
        return outcome switch
        {
            EndOutcome.Ended ended => Answer(EndedResponse.Of(ended) with { Receipt = receipt }),
            EndOutcome.AlreadyEnded before => Answer(EndedResponse.Of(before) with { Receipt = receipt }),
            EndOutcome.NotFound => Problems.NotFound("You have no session of this id."),
            _ => Problems.Unauthenticated("The session of this token has ended: sign in again."), // while this request was on its way
        };
    }

    private static IResult Answer(EndedResponse response) => TypedResults.Json(response, ExeuntJson.Default.EndedResponse);

    private static bool EndsOwn(EndScope scope, SessionId own) => scope is EndScope.OneSession(var one) ? one == own : scope is EndScope.AllOf(_, null);
}
