using System.Buffers;
using System.Text;
using Exeunt.Authentication;
using Exeunt.Guard;
using Exeunt.Http;
using Exeunt.Protocol.Revocations;
using Exeunt.Storage;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace Exeunt.Sessions;

/// <summary>
/// A stream over which a browser hears at once that its session has ended, and why: one event <c>ended</c>, after which the answer ends. It also ends, without a
/// word, when its token has expired and this node has issued no newer one, and when the server stops; then the browser comes back with a fresh token.
/// </summary>
internal static class SessionEventsEndpoint
{
    /// <summary>How often something is sent, so that either side notices when the other is gone.</summary>
    public static readonly TimeSpan HeartbeatEvery = TimeSpan.FromSeconds(15);

    private static readonly byte[] Heartbeat = [.. ":\n\n"u8];
    private static readonly TimeSpan WhenFull = TimeSpan.FromSeconds(30);

    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Adds <c>GET sessions/current/events</c>.</summary>
        public void MapSessionEvents() =>
            routes.MapGet("/sessions/current/events", StreamAsync).Describe("FollowCurrentSession", "Tells when this session ends, and why, as server-sent events", "Sessions")
                .Produces(200, contentType: "text/event-stream").Fails(400, 401, 429, 503);
    }

    private static async Task<IResult> StreamAsync(
        HttpContext http, SessionStreams streams, RevocationIndex index, Ledger ledger, IHostApplicationLifetime life)
    {
        switch (http.Bearer)
        {
            case BearerVerdict.Live(var live) when streams.TryEnter(live) is { } stream:
                try
                {
                    using var either = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, life.ApplicationStopping);
                    await FollowAsync(http, stream, index, ledger, either);
                }
                finally
                {
                    streams.Leave(stream);
                }

                return Results.Empty;

            case BearerVerdict.Live:
                return http.TooManyRequests(WhenFull);

            // Between two streams it was deaf. Whoever holds an authentic token of the session may know what became of it.
            case BearerVerdict.Ended(var gone) when await ReasonAsync(ledger, gone, http.RequestAborted) is { } reason:
                await http.BeginEventsAsync(http.RequestAborted);
                await SendAsync(http, Ended(reason), ledger.Clock, http.RequestAborted);
                return Results.Empty;

            default:
                await http.ChallengeAsync();
                return Results.Empty;
        }
    }

    private static async Task FollowAsync(HttpContext http, SessionStream stream, RevocationIndex index, Ledger ledger, CancellationTokenSource either)
    {
        try
        {
            await http.BeginEventsAsync(either.Token);
            if (await WaitForEndAsync(http, stream, index, ledger, either.Token) is { } reason) await SendAsync(http, Ended(reason), ledger.Clock, either.Token);
        }
        catch (OperationCanceledException)
        {
            // The browser has left, or the server stops.
        }
        catch (Exception failure) when (failure is SlowReaderException or LedgerUnavailableException)
        {
            http.Abort(); // in the middle of an answer nothing else can tell the reader that this is not its end
        }
        finally
        {
            await either.CancelAsync(); // and the timer with it
        }
    }

    // Why the session has ended; null when the stream is over and the session is not.
    private static async Task<EndReason?> WaitForEndAsync(HttpContext http, SessionStream stream, RevocationIndex index, Ledger ledger, CancellationToken ct)
    {
        while (!stream.Ended.IsCompleted)
        {
            // Asked also for what nobody tells: an ending from before this stream was known, a revoked token or key, a session whose time was up.
            var now = ledger.Clock.GetUtcNow();
            if (now >= stream.LastsUntil || index.IsRevoked(stream.Identity.Facts)) return await ReasonAsync(ledger, stream.Identity, ct);

            var left = stream.LastsUntil - now;
            var next = Task.Delay(left < HeartbeatEvery ? left : HeartbeatEvery, ledger.Clock, ct); // from this beat on, and not from when its reader has taken it
            await SendAsync(http, Heartbeat, ledger.Clock, ct);
            await Task.WhenAny(stream.Ended, next);
            ct.ThrowIfCancellationRequested();
        }

        return await stream.Ended;
    }

    private static async Task<EndReason?> ReasonAsync(Ledger ledger, Identity identity, CancellationToken ct) =>
        (await ledger.Reads.FindSessionAsync(identity.Session, ct))?.End?.Reason;

    private static byte[] Ended(EndReason reason) => Encoding.ASCII.GetBytes($"event: ended\ndata: {{\"reason\":\"{reason.ToWire()}\"}}\n\n");

    private static ValueTask SendAsync(HttpContext http, byte[] bytes, TimeProvider clock, CancellationToken ct)
    {
        http.Response.BodyWriter.Write(bytes);
        return http.Response.BodyWriter.FlushToReaderAsync(clock, ct);
    }
}
