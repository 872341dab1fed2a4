using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Exeunt.Http;

/// <summary>What all our streams of server-sent events have in common.</summary>
internal static class EventStream
{
    /// <summary>How long a reader may take to accept what is sent, before it is cut.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    extension(HttpContext http)
    {
        /// <summary>Sends the headers, and has nobody on the way keep events back.</summary>
        public Task BeginEventsAsync(CancellationToken ct)
        {
            http.Response.ContentType = "text/event-stream";
            http.Response.Headers["X-Accel-Buffering"] = "no"; // nginx
            http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
            return http.Response.StartAsync(ct);
        }
    }

    extension(PipeWriter to)
    {
        /// <summary>Sends what was written.</summary>
        /// <exception cref="SlowReaderException">The reader does not take it within <see cref="Patience"/>.</exception>
        /// <exception cref="OperationCanceledException">The reader has left, or the token was cancelled.</exception>
        public async ValueTask FlushToReaderAsync(TimeProvider clock, CancellationToken ct)
        {
            var flush = to.FlushAsync(ct);
            if (flush.IsCompletedSuccessfully)
            {
                if (flush.Result.IsCompleted) throw new OperationCanceledException("The reader has left.");
                return;
            }

            try
            {
                await flush.AsTask().WaitAsync(Patience, clock, ct);
            }
            catch (TimeoutException)
            {
                throw new SlowReaderException();
            }
        }
    }
}

/// <summary>A reader takes what is sent too slowly; its stream is cut, and it may come back.</summary>
internal sealed class SlowReaderException() : Exception("The reader does not keep up.");
