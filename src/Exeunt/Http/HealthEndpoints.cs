using Exeunt.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
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

    private static IResult Alive() => Answer("alive");

    private static async Task<IResult> ReadyAsync(HttpContext http, Ledger ledger, TimeProvider clock, IHostApplicationLifetime life)
    {
        if (life.ApplicationStopping.IsCancellationRequested) return Problems.NotReady(["The server is stopping."]);

        using var patience = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, http.RequestAborted);
        try
        {
            await ledger.Reads.RevocationsAfterAsync(long.MaxValue, 1, either.Token);
            return Answer("ready");
        }
        catch (LedgerUnavailableException)
        {
            return Problems.NotReady(["The ledger cannot be read."]);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            return Problems.NotReady([$"The ledger did not answer within {Patience.TotalSeconds} seconds."]);
        }
    }

    private static IResult Answer(string status) => TypedResults.Json(new HealthResponse(status), ExeuntJson.Default.HealthResponse);
}

/// <summary>How the server is.</summary>
/// <param name="Status"><c>alive</c> or <c>ready</c>.</param>
public sealed record HealthResponse(string Status);
