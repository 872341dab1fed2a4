using Exeunt.Http;
using Exeunt.Protocol.Ids;
using Exeunt.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Exeunt.Admin;

/// <summary>Finding sessions, our own and those of providers.</summary>
internal static class AdminSessionEndpoints
{
    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Adds <c>/sessions</c>.</summary>
        public void MapAdminSessions()
        {
            routes.MapGet("/sessions", SearchAsync).WithSummary("Sessions by user, client and whether they are alive, newest first");
            routes.MapGet("/sessions/{id}", FindAsync).WithSummary("One session, and how it ended");
        }
    }

    private static Task<IResult> SearchAsync(HttpContext http, ILedgerStore store)
    {
        var query = new QueryReader(http);
        var wanted = new SessionQuery(query.Id<UserId>("user"), query.Flag("alive"), query.Text("client"), query.Limit(50, 200), query.Cursor());
        return query.PageAsync(
            () => store.SessionsAsync(wanted, http.RequestAborted),
            page => TypedResults.Json(new AdminSessions([.. page.Items.Select(AdminSession.Of)], page.Next), ExeuntJson.Default.AdminSessions));
    }

    private static async Task<IResult> FindAsync(HttpContext http, string id, ILedgerStore store) =>
        Id.TryParse<SessionId>(id, out var session) && await store.FindSessionAsync(session, http.RequestAborted) is { } judged
            ? TypedResults.Json(AdminSession.Of(judged), ExeuntJson.Default.AdminSession)
            : Problems.NotFound("There is no session of this id. Ended sessions are forgotten after their retention; the audit trail remembers them.");
}
