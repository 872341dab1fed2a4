using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Exeunt.Authentication;

/// <summary>Marks routes that end sessions by what their bearer token proves: they are served however stale this node is, as no logout is ever refused (P2).</summary>
internal sealed class TakesLogouts
{
    public static TakesLogouts Instance { get; } = new();

    /// <summary>Whether the request is for such a route.</summary>
    public static bool At(HttpContext http) => http.GetEndpoint()?.Metadata.GetMetadata<TakesLogouts>() is not null;
}

internal static class TakesLogoutsExtensions
{
    extension(RouteHandlerBuilder route)
    {
        /// <summary>A logout: taken also while this node does not know who else has left.</summary>
        public RouteHandlerBuilder TakesLogouts() => route.WithMetadata(Authentication.TakesLogouts.Instance);
    }
}
