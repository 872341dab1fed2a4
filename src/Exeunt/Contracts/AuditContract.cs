using Exeunt.Audit;
using Exeunt.Authentication;
using Exeunt.Hosting;
using Exeunt.Http;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Exeunt.Storage;
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
        public void MapAuditContract() => routes.MapPost("/auth/logout", LogoutAsync).RequireAuthorization()
            .Describe("AuditLogout", "Records a logout, and ends the session", "Logout contracts").Produces<MessageResponse>().Fails(400, 401, 503);
    }

    private static async Task<IResult> LogoutAsync(HttpContext http, Ledger ledger, Revoker revoker, ExeuntOptions options)
    {
        var (claimed, readable) = await LogoutNote.ReadAsync(http);
        var caller = http.Caller;
        var request = new LogoutRequest(http.Origin, readable ? null : LogoutNote.Unreadable, claimed);

        if (options.Contracts.Audit.EndsSession)
        {
            await revoker.EndAsync(new()
            {
                Scope = new EndScope.OneSession(caller.Session),
                By = new(ActorKind.User, caller.User, caller.Session),
                Reason = EndReason.User,
                From = request.From,
                Detail = request.Detail,
                Claimed = request.Claimed,
                OwnSessionOnly = true, // if it ended a moment ago, that is what was wanted
            });
        }
        else
        {
            await RecordAsync(ledger, caller, request);
        }

        return TypedResults.Json(new MessageResponse("Logout successful"), ExeuntJson.Default.MessageResponse);
    }

    private static Task<bool> RecordAsync(Ledger ledger, Identity caller, LogoutRequest request) => ledger.RunAsync(transaction =>
    {
        transaction.Append(new AuditEntry
        {
            At = transaction.Now,
            Action = AuditActions.LogoutRecorded,
            By = new(ActorKind.User, caller.User, caller.Session),
            User = caller.User,
            Session = caller.Session,
            Client = caller.Client,
            Device = DeviceKind.Of(request.From.UserAgent),
            Detail = request.Detail ?? RecordedOnly,
            Claimed = request.Claimed,
            Address = request.From.Address,
            UserAgent = request.From.UserAgent,
        });
        return new ValueTask<bool>(true);
    });
}
