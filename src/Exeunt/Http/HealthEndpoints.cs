using System.Buffers;
using System.Text.Json;
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

    private static HealthResult Answer(HealthResponse response) => new(response);

    // Written by hand: this is the first answer of every start, and the serializer would bring a hundred methods along that are compiled for it alone.
    private sealed class HealthResult(HealthResponse response) : IResult
    {
        public async Task ExecuteAsync(HttpContext http)
        {
            var body = new ArrayBufferWriter<byte>(128);
            using (var json = new Utf8JsonWriter(body)) response.WriteTo(json);
            http.Response.ContentType = "application/json; charset=utf-8";
            http.Response.ContentLength = body.WrittenCount;
            await http.Response.Body.WriteAsync(body.WrittenMemory, http.RequestAborted);
        }
    }
}

/// <summary>How the server is.</summary>
/// <param name="Status"><c>alive</c> or <c>ready</c>.</param>
/// <param name="Journal">How the journal stands; missing where there is none.</param>
public sealed record HealthResponse(string Status, JournalHealth? Journal = null)
{
    /// <summary>Writes what the serializer would write.</summary>
    internal void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("status", Status);
        if (Journal is { } journal)
        {
            json.WriteStartObject("journal");
            json.WriteNumber("depth", journal.Depth);
            if (journal.OldestSeconds is { } seconds) json.WriteNumber("oldest_seconds", seconds);
            json.WriteBoolean("writable", journal.Writable);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}

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
