using Exeunt.Authentication;
using Exeunt.Http;
using Exeunt.Protocol.Revocations;
using Exeunt.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Exeunt.Sessions;

/// <summary>How one's own sessions ended: an ending that a person did not ask for is the first that shows of a theft.</summary>
internal static class EndedSessionsEndpoint
{
    private const int MostOnAPage = 200;

    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Adds <c>GET sessions/ended</c>.</summary>
        public void MapEndedSessions() =>
            routes.MapGet("/sessions/ended", ListAsync).RequireAuthorization().Describe("ListEndedSessions", "The caller's sessions that have ended, and why", "Sessions")
                .Takes("limit", $"Sessions on a page, 1 to {MostOnAPage}; 50 unless given.").Takes("cursor", "The `next` of the page before.")
                .Produces<EndedSessionList>().Fails(400, 401);
    }

    private static Task<IResult> ListAsync(HttpContext http, Ledger ledger)
    {
        var query = new QueryReader(http);
        var wanted = new SessionQuery(http.Caller.User, Limit: query.Limit(50, MostOnAPage), Cursor: query.Cursor());
        return query.PageAsync(() => ReadAsync(ledger, wanted, http.RequestAborted), page => TypedResults.Json(page, ExeuntJson.Default.EndedSessionList));
    }

    // Those that are alive are left out, so a page may be short; it is empty only when nothing is left, or people would take it for the end.
    private static async ValueTask<EndedSessionList> ReadAsync(Ledger ledger, SessionQuery wanted, CancellationToken ct)
    {
        while (true)
        {
            var page = await ledger.Reads.SessionsAsync(wanted, ct);
            IReadOnlyList<EndedSession> ended = [.. page.Items.Where(one => one.End is not null).Select(one => EndedSession.Of(one.Session, one.End!))];
            if (ended.Count > 0 || page.Next is null) return new(ended, page.Next);
            wanted = wanted with { Cursor = page.Next };
        }
    }
}

/// <summary>The caller's sessions that have ended, the newest sign-in first.</summary>
/// <param name="Sessions">One page.</param>
/// <param name="Next">Give it back as <c>cursor</c> for the next page; missing on the last.</param>
public sealed record EndedSessionList(IReadOnlyList<EndedSession> Sessions, string? Next);

/// <summary>A session that has ended, as its owner sees it. It is kept for <c>Retention:EndedSessions</c>.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Device">What it was called at sign-in, or the kind of device that its user agent names.</param>
/// <param name="Address">The network address it was opened from.</param>
/// <param name="CreatedAt">When it was opened.</param>
/// <param name="EndedAt">When it ended.</param>
/// <param name="Reason">Why, in the words of the protocol: <c>user</c>, <c>other_device</c>, <c>idle_timeout</c> …</param>
public sealed record EndedSession(string Id, string Device, string? Address, DateTimeOffset CreatedAt, DateTimeOffset EndedAt, string Reason)
{
    /// <summary>The view of a session and its end.</summary>
    public static EndedSession Of(Session session, SessionEnd end) => new(
        session.Id.ToString(), session.DeviceName ?? DeviceKind.Of(session.UserAgent), session.Address, session.OpenedAt, end.At, end.Reason.ToWire());
}
