using Exeunt.Guard.Hosting;
using Exeunt.Protocol.Feed;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Exeunt.Guard;

/// <summary>What an endpoint can demand of the guard.</summary>
public static class GuardEndpoints
{
    extension<TBuilder>(TBuilder endpoints)
        where TBuilder : IEndpointConventionBuilder
    {
        /// <summary>Answers 503 with <c>Retry-After</c> whenever the guard's knowledge is older than this, whatever is tolerated elsewhere: for what must not be done by somebody who has left.</summary>
        /// <remarks>A guard that is in touch is up to five seconds old, the time between two heartbeats; so 6 seconds is the least that can be asked for.</remarks>
        /// <exception cref="ArgumentOutOfRangeException">It is less than 6 seconds.</exception>
        public TBuilder RequireFresh(TimeSpan longest)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(longest, FeedEvents.HeartbeatEvery + TimeSpan.FromSeconds(1));
            endpoints.Add(endpoint =>
            {
                if (endpoint.RequestDelegate is { } next) endpoint.RequestDelegate = http => IfFresh(http, longest, next);
            });
            return endpoints;
        }
    }

    // Around the endpoint itself, so that no order of middleware can leave it out.
    private static Task IfFresh(HttpContext http, TimeSpan longest, RequestDelegate next)
    {
        if (http.RequestServices.GetRequiredService<RevocationGuard>().Age <= longest) return next(http);
        http.RequestServices.GetRequiredService<GuardMetrics>().Refused(Refusal.Stale.Reason);
        Refusal.Stale.WriteTo(http.Response);
        return Task.CompletedTask;
    }
}
