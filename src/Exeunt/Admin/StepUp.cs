using Exeunt.Audit;
using Exeunt.Authentication;
using Exeunt.Hosting;
using Exeunt.Http;
using Exeunt.Storage;
using Microsoft.AspNetCore.Http;

namespace Exeunt.Admin;

/// <summary>
/// What hits more than one person needs somebody who has just proved to be there, and not a browser that was left open (RFC 9470 §3).
/// </summary>
internal sealed class StepUp(Ledger ledger, FailureAudit failures, ExeuntOptions options)
{
    /// <summary>Null when the caller's sign-in is fresh enough; otherwise the refusal, which is recorded.</summary>
    public async Task<IResult?> RefuseAsync(HttpContext http)
    {
        var longest = options.Endings.StepUp;
        if (http.Caller.AuthenticatedAt is { } at && ledger.Clock.GetUtcNow() - at <= longest) return null;

        await AdminRefusal.RecordAsync(failures, http, "step-up required");
        http.Response.Headers.WWWAuthenticate =
            $"Bearer realm=\"exeunt\", error=\"insufficient_user_authentication\", error_description=\"More recent authentication is required\", max_age=\"{(long)longest.TotalSeconds}\"";
        return Problems.StepUpRequired(longest);
    }
}
