using Exeunt.Feed;
using Exeunt.Http;
using Exeunt.Protocol.Feed;
using Exeunt.Revocations;
using Exeunt.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Exeunt.Admin;

/// <summary>How things stand now: sessions that are alive, guards and how far behind they are, the journal.</summary>
internal static class OverviewEndpoints
{
    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Adds <c>/overview</c> and <c>/guards</c>.</summary>
        public void MapOverview()
        {
            routes.MapGet("/overview", ShowAsync).WithSummary("How many sessions are alive, how many guards follow and how fast, and how the journal stands");
            routes.MapGet("/guards", ListAsync).WithSummary("The guards that follow, on whichever node, how far behind each is, and how fast");
        }
    }

    private static async Task<IResult> ShowAsync(HttpContext http, Ledger ledger, ConnectedGuards guards)
    {
        var now = ledger.Clock.GetUtcNow();
        var alive = await ledger.Reads.CountAliveAsync(new EndScope.Everyone(), http.RequestAborted);
        var newest = await ledger.Reads.RevocationPlaceAsync(http.RequestAborted);
        var behind = guards.All.Count(guard => GuardView.BehindOf(guard, newest) is > 0);
        return TypedResults.Json(
            new Overview(now, alive, newest.ToString(), guards.All.Count, behind, guards.Propagation, JournalHealth.Of(http.RequestServices, now)), ExeuntJson.Default.Overview);
    }

    private static async Task<IResult> ListAsync(HttpContext http, Ledger ledger, ConnectedGuards guards)
    {
        var newest = await ledger.Reads.RevocationPlaceAsync(http.RequestAborted);
        return TypedResults.Json(
            new GuardList([.. guards.All.OrderBy(g => g.Name, StringComparer.Ordinal).ThenBy(g => g.Instance, StringComparer.Ordinal).Select(g => GuardView.Of(g, newest))], newest.ToString()),
            ExeuntJson.Default.GuardList);
    }
}

/// <summary>How things stand.</summary>
/// <param name="At">Ledger time.</param>
/// <param name="ActiveSessions">Sessions that are alive.</param>
/// <param name="FeedPlace">The newest place of the revocation log.</param>
/// <param name="Guards">How many guards follow, on whichever node.</param>
/// <param name="GuardsBehind">How many of them have acknowledged less than the newest place.</param>
/// <param name="Propagation">How long guards took lately until they enforced an ending; missing while none was asked.</param>
/// <param name="Journal">How the journal of this node stands; missing where there is none.</param>
public sealed record Overview(DateTimeOffset At, long ActiveSessions, string FeedPlace, int Guards, int GuardsBehind, Propagation? Propagation, JournalHealth? Journal);

/// <summary>The guards that follow, on whichever node.</summary>
/// <param name="Guards">In the order of their names.</param>
/// <param name="FeedPlace">The newest place of the revocation log.</param>
public sealed record GuardList(IReadOnlyList<GuardView> Guards, string FeedPlace);

/// <summary>A guard as administrators see it.</summary>
/// <param name="Name">What it calls itself.</param>
/// <param name="Instance">Which replica it is; empty unless it says.</param>
/// <param name="Client">Whose credentials it has.</param>
/// <param name="Since">Since when it follows.</param>
/// <param name="AcknowledgedAt">When it last said that it enforces; missing while it has not.</param>
/// <param name="Behind">How many places of the log it has not acknowledged; missing when it was not asked, or spoke of another life of the ledger.</param>
/// <param name="Propagation">How long it took lately until it enforced an ending; missing while it was not asked.</param>
public sealed record GuardView(string Name, string Instance, string Client, DateTimeOffset Since, DateTimeOffset? AcknowledgedAt, long? Behind, Propagation? Propagation)
{
    /// <summary>The view of a guard beside the newest place of the log.</summary>
    public static GuardView Of(ConnectedGuard guard, FeedPlace newest) =>
        new(guard.Name, guard.Instance, guard.Client.ToString(), guard.Since, guard.Acknowledged.At, BehindOf(guard, newest), Propagation.Of(guard.Took));

    /// <summary>How many places it has not acknowledged; null when nothing is known of that.</summary>
    internal static long? BehindOf(ConnectedGuard guard, FeedPlace newest) =>
        guard.Acknowledged.UpTo is { } upTo && upTo.Epoch == newest.Epoch ? Math.Max(0, newest.Sequence - upTo.Sequence) : null;
}
