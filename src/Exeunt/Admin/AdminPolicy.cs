using Exeunt.Audit;
using Exeunt.Authentication;
using Exeunt.Http;
using Exeunt.Revocations;
using Exeunt.Storage;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Exeunt.Admin;

/// <summary>What the policy <c>admin</c> demands: a token that says so, and a ledger that still does.</summary>
internal sealed class AdminRequirement : IAuthorizationRequirement;

/// <summary>
/// Looks at the account in the ledger on every request: a token says for minutes what was true when it was issued, and who was disabled or demoted a moment
/// ago is refused now. Every refusal is recorded, of one session the first ten in a minute and then their number.
/// </summary>
internal sealed class AdminPolicy(Ledger ledger, FailureAudit failures) : AuthorizationHandler<AdminRequirement>
{
    protected override async Task HandleRequirementAsync(AuthorizationHandlerContext context, AdminRequirement requirement)
    {
        if (context.Resource is not HttpContext http || http.Features.Get<Identity>() is not { } caller) return; // nobody: the answer is 401

        if (await WhyNotAsync(caller, http.RequestAborted) is not { } why) context.Succeed(requirement);
        else await AdminRefusal.RecordAsync(failures, http, why);
    }

    private async ValueTask<string?> WhyNotAsync(Identity caller, CancellationToken ct)
    {
        if (!caller.Roles.Contains(Accounts.User.AdminRole)) return "not an administrator";
        return await ledger.Reads.FindUserAsync(caller.User, ct) is { IsAdmin: true } ? null : "no longer an administrator";
    }
}

/// <summary>The record of an administration that was refused.</summary>
internal static class AdminRefusal
{
    /// <summary>Does what was asked for, unless who asked cannot any more: between the first look at a request and its last byte a session may have ended.</summary>
    public static async Task<IResult> RefuseAsync(FailureAudit failures, HttpContext http, Func<Task<IResult>> act)
    {
        try
        {
            return await act();
        }
        catch (NotAllowedException refused)
        {
            await RecordAsync(failures, http, refused.Message);
            return Problems.Forbidden(refused.Message);
        }
    }

    /// <summary>Records what was asked for and why it was refused.</summary>
    public static Task RecordAsync(FailureAudit failures, HttpContext http, string why)
    {
        var caller = http.Caller;
        return failures.RecordAsync(new()
        {
            At = default, // given when it is written
            Action = AuditActions.AdminRefused,
            By = new(ActorKind.User, caller.User, caller.Session),
            User = caller.User,
            Session = caller.Session,
            Client = caller.Client,
            Detail = $"{http.Request.Method} {(http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText}: {why}",
            Address = http.Origin.Address,
            UserAgent = http.Origin.UserAgent,
        });
    }
}
