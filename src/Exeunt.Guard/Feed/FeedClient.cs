using System.Net;
using System.Net.ServerSentEvents;
using System.Security.Cryptography;
using Exeunt.Guard.Connections;
using Exeunt.Protocol.Feed;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Exeunt.Guard.Feed;

/// <summary>Follows the feed of one of the server's addresses; when it breaks, it turns to the next, soon at first, then less and less often, never in step with others.</summary>
internal sealed partial class FeedClient(
    GuardOptions options, ServerConnections connections, FeedFollower follower, Acknowledger acknowledger, LiveConnections live, GuardFile file, GuardMetrics metrics,
    TimeProvider clock, ILogger<FeedClient> log) : BackgroundService
{
    private const int MostBytesOfAnEvent = 8 * 1024 * 1024;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Silence = 3 * FeedEvents.HeartbeatEvery;

    /// <summary>Takes in what the file remembers, so that the first request is judged by it, and begins to follow.</summary>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        file.Load();
        return base.StartAsync(cancellationToken);
    }

    /// <summary>Says goodbye and stops following.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await acknowledger.SayGoodbyeAsync(cancellationToken);
        await base.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        var failures = 0;
        try
        {
            for (var turn = 0; ; turn++)
            {
                var server = options.Servers[turn % options.Servers.Count];
                failures = await TryFollowAsync(server, stoppingToken) ? 0 : failures + 1;
                await Task.Delay(Pause(failures), clock, stoppingToken);
                metrics.Reconnected();
            }
        }
        catch (OperationCanceledException)
        {
            // The API stops.
        }
    }

    // Between nothing and the limit, so that a thousand guards do not come back at the same moment.
    private static TimeSpan Pause(int failures)
    {
        var limit = Math.Min(FirstPause.TotalMilliseconds * Math.Pow(2, Math.Min(failures, 16)), LongestPause.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(1 + RandomNumberGenerator.GetInt32((int)limit));
    }

    /// <summary>True when the stream has lived: then its end is no reason to wait longer.</summary>
    private async Task<bool> TryFollowAsync(Uri server, CancellationToken stopping)
    {
        using var silence = new CancellationTokenSource(Silence, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, silence.Token);
        var hasLived = false;
        var telling = Task.CompletedTask;
        try
        {
            follower.Begin();
            using var request = Request(server);
            using var response = await connections.SendAsync(request, either.Token);
            if (response.StatusCode is not HttpStatusCode.OK || response.Content.Headers.ContentType?.MediaType is not "text/event-stream")
            {
                Refused(server, (int)response.StatusCode);
                return false;
            }

            var stream = response.Headers.TryGetValues(FeedEvents.StreamHeader, out var values) ? values.First() : "";
            using var events = new BoundedEvents(await response.Content.ReadAsStreamAsync(either.Token), MostBytesOfAnEvent);
            telling = acknowledger.RunAsync(server, stream, either.Token);
            await foreach (var one in SseParser.Create(events, static (_, data) => data.ToArray()).EnumerateAsync(either.Token))
            {
                silence.CancelAfter(Silence);
                TakeIn(one);
                if (!hasLived && one.EventType == FeedEvents.Heartbeat)
                {
                    hasLived = true;
                    Following(server, follower.Place!);
                }
            }

            Ended(server);
        }
        catch (FeedBrokenException broken)
        {
            metrics.Broken();
            Broken(server, broken.Message);
            hasLived = false; // a server that goes on like this is not asked in a hurry
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException || (failure is OperationCanceledException && !stopping.IsCancellationRequested))
        {
            Lost(server, failure.Message);
        }
        finally
        {
            await either.CancelAsync();
            await telling; // before another stream is followed, as there is one place for what waits to be told
        }

        return hasLived;
    }

    private void TakeIn(SseItem<byte[]> one)
    {
        var upTo = follower.Take(one.EventType, one.EventId, one.Data);
        if (one.EventType is FeedEvents.Revocation or FeedEvents.Snapshot) live.Ring();
        if (upTo is null) return;

        live.EndRevoked(); // what is acknowledged is enforced on open connections, too
        acknowledger.Tell(upTo);
    }

    private HttpRequestMessage Request(Uri server)
    {
        var query = $"?name={Uri.EscapeDataString(options.Name ?? "")}&instance={Uri.EscapeDataString(options.Instance)}&tolerance={(int)options.Stale.Longest.TotalSeconds}";
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server, FeedEvents.StreamPath + query));
        request.Headers.Accept.Add(new("text/event-stream"));
        if (follower.ResumeFrom is { } place) request.Headers.TryAddWithoutValidation("Last-Event-ID", place.ToString());
        return request;
    }

    [LoggerMessage(2001, LogLevel.Information, "Following the revocations of {Server} from {Place} on")]
    private partial void Following(Uri server, FeedPlace place);

    [LoggerMessage(2002, LogLevel.Warning, "{Server} answers {Status} instead of its revocations: check the client's credentials and scope")]
    private partial void Refused(Uri server, int status);

    [LoggerMessage(2003, LogLevel.Information, "{Server} ended the stream of revocations")]
    private partial void Ended(Uri server);

    [LoggerMessage(2004, LogLevel.Error, "The stream of {Server} is not to be trusted and was left: {Why}")]
    private partial void Broken(Uri server, string why);

    [LoggerMessage(2005, LogLevel.Warning, "The stream of {Server} was lost: {Why}")]
    private partial void Lost(Uri server, string why);
}
