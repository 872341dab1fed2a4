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

        /// <summary>The parameters of the form that it reads; not as binding metadata, whose 415 would come in another shape than the route's own refusals.</summary>
        public RouteHandlerBuilder ReadsForm(params FormParameter[] parameters) => route.WithMetadata(new FormDescription(parameters));

        /// <summary>The statuses that it answers with an OAuth error (RFC 6749 §5.2).</summary>
        public RouteHandlerBuilder FailsAsOAuth(params ReadOnlySpan<int> statuses)
        {
            foreach (var status in statuses) route.Produces<OAuth.OAuthError>(status);
            return route;
        }

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

/// <summary>The form that a route reads.</summary>
internal sealed record FormDescription(IReadOnlyList<FormParameter> Parameters);

/// <summary>A parameter of a form.</summary>
/// <param name="Name">As it is written.</param>
/// <param name="Description">What it does.</param>
/// <param name="Required">Whether it must be there.</param>
internal sealed record FormParameter(string Name, string Description, bool Required = false);
