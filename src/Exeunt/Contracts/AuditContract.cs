using Exeunt.Audit;
using Exeunt.Authentication;
using Exeunt.Hosting;
using Exeunt.Http;
using Exeunt.Protocol.Revocations;
using Exeunt.Receipts;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Exeunt.Contracts;

/// <summary>
/// The audit contract: <c>POST /auth/logout</c> with the access token of an active user. Its original only writes down that somebody left; here the session ends
/// as well, unless <c>Contracts:Audit:EndsSession</c> is false.
/// </summary>
internal static class AuditContract
{
    /// <summary>What the audit says of a logout that was to be recorded and nothing more.</summary>
    public const string RecordedOnly = "recorded_only";

    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Adds its route.</summary>
        public void MapAuditContract() => routes.MapPost("/auth/logout", LogoutAsync).TakesLogouts().RequireAuthorization()
            .Describe("AuditLogout", "Records a logout, and ends the session", "Logout contracts").Produces<AuditLogoutResponse>().Fails(400, 401, 503);
    }

    private static async Task<IResult> LogoutAsync(HttpContext http, Revoker revoker, ExeuntOptions options, Enforcement enforcement)
    {
        var (claimed, readable) = await LogoutNote.ReadAsync(http);
        var caller = http.Caller;
        var request = new LogoutRequest(http.Origin, readable ? null : LogoutNote.Unreadable, claimed);

        var command = new EndSessions
        {
            Scope = new EndScope.OneSession(caller.Session),
            By = new(ActorKind.User, caller.User, caller.Session),
            Reason = EndReason.User,
            From = request.From,
            Detail = request.Detail,
            Claimed = request.Claimed,
            OwnSessionOnly = true, // if it ended a moment ago, that is what was wanted
            Proof = Proof.Of(caller, expired: false),
        };

        if (!options.Contracts.Audit.EndsSession) return Answer(await RecordAsync(revoker, command with { Detail = request.Detail ?? RecordedOnly }), receipt: null);
        var outcome = await revoker.EndAsync(command);
        return Answer((outcome as EndOutcome.Ended)?.Warning, await enforcement.ConfirmAsync(http, outcome));
    }

    private static IResult Answer(string? warning, string? receipt) =>
        TypedResults.Json(new AuditLogoutResponse("Logout successful", warning, receipt), ExeuntJson.Default.AuditLogoutResponse);

    private static Task<string?> RecordAsync(Revoker revoker, EndSessions command) => revoker.RecordAsync(command, (transaction, id) =>
    {
        transaction.Append(new AuditEntry
        {
            At = transaction.Now,
            Action = AuditActions.LogoutRecorded,
            By = command.By,
            User = command.By.User,
            Session = command.By.Session,
            Event = id,
            Client = command.Proof!.Client,
            Device = DeviceKind.Of(command.From.UserAgent),
            Detail = command.Detail,
            Claimed = command.Claimed,
            Address = command.From.Address,
            UserAgent = command.From.UserAgent,
        });
        return new ValueTask<bool>(true);
    });
}

/// <summary>Answer of the audit contract.</summary>
/// <param name="Message">The sentence, as the contract has it.</param>
/// <param name="AuditWarning">That the logout is in the journal and not yet in the database; missing when all is well.</param>
/// <param name="Receipt">Who enforces it, signed; only when <c>Prefer: wait</c> asked for it.</param>
public sealed record AuditLogoutResponse(string Message, string? AuditWarning, string? Receipt = null);
