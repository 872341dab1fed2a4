using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace Exeunt.Http;

/// <summary>What the OpenAPI document says of a route, written beside the route.</summary>
internal static class RouteDescriptions
{
    extension(RouteHandlerBuilder route)
    {
        /// <summary>Its operation id, one line, and the group it is shown in.</summary>
        public RouteHandlerBuilder Describe(string id, string summary, string group) => route.WithName(id).WithSummary(summary).WithTags(group);

        /// <summary>The JSON that it reads. A body of another media type is answered 415 before the route is asked.</summary>
        public RouteHandlerBuilder Reads<T>()
            where T : notnull => route.Accepts<T>(isOptional: true, "application/json");

        /// <summary>A parameter that it takes from the query.</summary>
        public RouteHandlerBuilder Takes(string name, string description) => route.WithMetadata(new QueryParameter(name, description));

        /// <summary>The statuses that it answers with a problem document.</summary>
        public RouteHandlerBuilder Fails(params ReadOnlySpan<int> statuses)
        {
            foreach (var status in statuses) route.ProducesProblem(status);
            return route;
        }
    }
}

/// <summary>A query parameter of a route that reads its query itself.</summary>
/// <param name="Name">As it is written.</param>
/// <param name="Description">What it does.</param>
internal sealed record QueryParameter(string Name, string Description);
