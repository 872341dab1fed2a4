using Exeunt.Audit;
using Exeunt.Authentication;
using Exeunt.Http;
using Exeunt.Protocol.Ids;
using Exeunt.Receipts;
using Exeunt.Revocations;
using Exeunt.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Exeunt.Admin;

/// <summary>Finding, disabling, enabling and erasing accounts. Those of providers are listed with our own.</summary>
internal static class AdminAccountEndpoints
{
    private const int MostNamed = 50;

    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Adds <c>/accounts</c>.</summary>
        public void MapAdminAccounts()
        {
            routes.MapGet("/accounts", SearchAsync).WithSummary("Search accounts by id, or by the beginning of e-mail address or name");
            routes.MapGet("/accounts/{id}", FindAsync).WithSummary("One account with its sessions");
            routes.MapPost("/accounts/{id}/disable", DisableAsync).WithSummary("Disable an account and end its sessions");
            routes.MapPost("/accounts/{id}/enable", EnableAsync).WithSummary("Let an account sign in again");
            routes.MapPost("/accounts/{id}/erase", EraseAsync).WithSummary("Erase a person's data; the audit trail still verifies");
        }
    }

    private static async Task<IResult> SearchAsync(HttpContext http, ILedgerStore store)
    {
        var query = new QueryReader(http);
        if (http.Request.Query.ContainsKey("id")) return await NamedAsync(http, store);

        var wanted = new UserQuery(query.Text("search"), query.Limit(50, 200), query.Cursor());
        return await query.PageAsync(
            () => store.UsersAsync(wanted, http.RequestAborted),
            page => TypedResults.Json(new AdminAccounts([.. page.Items.Select(AdminAccount.Of)], page.Next), ExeuntJson.Default.AdminAccounts));
    }

    // Who stands behind the ids of a listing; those that nobody has are left out.
    private static async Task<IResult> NamedAsync(HttpContext http, ILedgerStore store)
    {
        var named = http.Request.Query["id"];
        if (named.Count > MostNamed) return Problems.InvalidField("id", $"Give at most {MostNamed} ids.");
        var found = new List<AdminAccount>(named.Count);
        foreach (var text in named.Distinct(StringComparer.Ordinal))
        {
            if (!Id.TryParse<UserId>(text, out var id)) return Problems.InvalidField("id", "'id' is the id of an account.");
            if (await store.FindUserAsync(id, http.RequestAborted) is { } user) found.Add(AdminAccount.Of(user));
        }

        return TypedResults.Json(new AdminAccounts(found, Next: null), ExeuntJson.Default.AdminAccounts);
    }

    private static async Task<IResult> FindAsync(HttpContext http, string id, ILedgerStore store)
    {
        if (!Id.TryParse<UserId>(id, out var user) || await store.FindUserAsync(user, http.RequestAborted) is not { } account) return NotFound();

        var alive = await store.CountAliveAsync(new EndScope.AllOf(user), http.RequestAborted);
        var sessions = await store.SessionsAsync(new(user), http.RequestAborted);
        return TypedResults.Json(
            new AdminAccountDetail(AdminAccount.Of(account), alive, [.. sessions.Items.Select(AdminSession.Of)], sessions.Next), ExeuntJson.Default.AdminAccountDetail);
    }

    private static Task<IResult> DisableAsync(HttpContext http, string id, DisableAccount disable, FailureAudit failures, Enforcement enforcement) =>
        ChangeAsync(http, id, failures, enforcement, disable.HandleAsync);

    private static Task<IResult> EnableAsync(HttpContext http, string id, EnableAccount enable, FailureAudit failures, Enforcement enforcement) =>
        ChangeAsync(http, id, failures, enforcement, enable.HandleAsync);

    private static Task<IResult> EraseAsync(HttpContext http, string id, EraseAccount erase, FailureAudit failures, Enforcement enforcement) =>
        ChangeAsync(http, id, failures, enforcement, erase.HandleAsync);

    private static async Task<IResult> ChangeAsync(
        HttpContext http, string id, FailureAudit failures, Enforcement enforcement, Func<UserId, Actor, Origin, Task<AccountChange>> change)
    {
        if (!Id.TryParse<UserId>(id, out var user)) return NotFound();
        switch (await change(user, http.Caller.AsAdmin, http.Origin))
        {
            case AccountChange.Done(var account, var ended) { Ending: var ending }:
                return TypedResults.Json(new AccountChanged(AdminAccount.Of(account), ended, await enforcement.ConfirmAsync(http, ending)), ExeuntJson.Default.AccountChanged);
            case AccountChange.NotAllowed(var why):
                await AdminRefusal.RecordAsync(failures, http, why);
                return Problems.Forbidden(why);
            default:
                return NotFound();
        }
    }

    private static IResult NotFound() => Problems.NotFound("There is no account of this id.");
}
