using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.SignalR;

namespace Exeunt.Guard.Connections;

/// <summary>Which requests outlast the question whether their token is good.</summary>
internal static class LastingRequest
{
    private const string EventStream = "text/event-stream";

    // What an endpoint says of itself never changes, and this is asked with every request.
    private static readonly ConditionalWeakTable<Endpoint, Verdict> Known = [];

    /// <summary>
    /// WebSockets and other upgrades, whatever belongs to a SignalR hub, server-sent events by what the endpoint says that it writes or the caller that it wants,
    /// and endpoints that say so themselves.
    /// </summary>
    public static bool Is(HttpContext http)
    {
        if (IsUpgrade(http)) return true;
        if (http.GetEndpoint() is { } endpoint && Known.GetValue(endpoint, Judge).Lasts) return true;

        foreach (var accepted in http.Request.Headers.Accept)
        {
            if (accepted?.Contains(EventStream, StringComparison.OrdinalIgnoreCase) is true) return true;
        }

        return false;
    }

    private static Verdict Judge(Endpoint endpoint)
    {
        var metadata = endpoint.Metadata;
        return new(
            metadata.GetMetadata<EndsWithSession>() is not null || metadata.GetMetadata<HubMetadata>() is not null
            || metadata.GetOrderedMetadata<IProducesResponseTypeMetadata>().Any(answer => answer.ContentTypes.Contains(EventStream)));
    }

    // Without these headers and this method a request is neither (RFC 9110 §7.8, RFC 8441 §4); the features are asked only then, because that is dear.
    private static bool IsUpgrade(HttpContext http) =>
        (http.Request.Headers.Connection.Count != 0 || http.Request.Headers.Upgrade.Count != 0 || HttpMethods.IsConnect(http.Request.Method))
        && (http.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } || http.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true });

    private sealed record Verdict(bool Lasts);
}

/// <summary>Marks an endpoint whose requests are to be cut when their session ends.</summary>
internal sealed class EndsWithSession
{
    public static EndsWithSession Mark { get; } = new();
}
