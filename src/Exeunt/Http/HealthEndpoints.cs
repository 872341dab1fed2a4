using Exeunt.Storage;
using Exeunt.Storage.Journal;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Exeunt.Http;

/// <summary>What operators and load balancers ask: whether the process is alive, and whether it is able to serve.</summary>
internal static class HealthEndpoints
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Adds <c>GET /healthz</c> and <c>GET /readyz</c>.</summary>
        public void MapHealth()
        {
            routes.MapGet("/healthz", Alive).Describe("GetHealth", "Whether the process is alive", "Operation").Produces<HealthResponse>();
            routes.MapGet("/readyz", ReadyAsync).Describe("GetReadiness", "Whether it is able to serve, and if not, why", "Operation").Produces<HealthResponse>().Fails(503);
        }
    }

    private static IResult Alive() => Answer(new("alive"));

    private static async Task<IResult> ReadyAsync(HttpContext http, Ledger ledger, TimeProvider clock, IHostApplicationLifetime life)
    {
        var journal = JournalHealth.Of(http.RequestServices, clock.GetUtcNow());
        if (life.ApplicationStopping.IsCancellationRequested) return Problems.NotReady(["The server is stopping."], journal);
        if (http.RequestServices.GetService<LedgerOutage>() is { IsAway: true } outage)
            return Problems.NotReady([$"The ledger is away: {outage.Why} Logouts are taken all the same, to the journal."], journal);

        using var patience = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, http.RequestAborted);
        try
        {
            await ledger.Reads.RevocationsAfterAsync(long.MaxValue, 1, either.Token);
            return Answer(new("ready", journal));
        }
        catch (LedgerUnavailableException)
        {
            return Problems.NotReady(["The ledger cannot be read."], journal);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            return Problems.NotReady([$"The ledger did not answer within {Patience.TotalSeconds} seconds."], journal);
        }
    }

    private static IResult Answer(HealthResponse response) => TypedResults.Json(response, ExeuntJson.Default.HealthResponse);
}

/// <summary>How the server is.</summary>
/// <param name="Status"><c>alive</c> or <c>ready</c>.</param>
/// <param name="Journal">How the journal stands; missing where there is none.</param>
public sealed record HealthResponse(string Status, JournalHealth? Journal = null);

/// <summary>How the journal stands, which takes logouts while the ledger is away.</summary>
/// <param name="Depth">Logouts that are not in the ledger yet.</param>
/// <param name="OldestSeconds">How long the oldest of them has waited; missing when there is none.</param>
/// <param name="Writable">Whether it can take another one. False is an alarm: if the ledger goes away as well, logouts are refused.</param>
public sealed record JournalHealth(int Depth, double? OldestSeconds, bool Writable)
{
    internal static JournalHealth? Of(IServiceProvider parts, DateTimeOffset now) => parts.GetService<EndingJournal>()?.State is { } state
        ? new(state.Depth, state.Oldest is { } oldest ? Math.Max(0, Math.Round((now - oldest).TotalSeconds, 3)) : null, state.IsWritable)
        : null;
}
