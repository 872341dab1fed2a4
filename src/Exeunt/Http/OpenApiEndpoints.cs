using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Exeunt.Http;

/// <summary>Where the OpenAPI document is.</summary>
internal static class OpenApiEndpoints
{
    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Adds <c>/openapi/v1.json</c>.</summary>
        public void MapOpenApiDocument() => routes.MapGet("/openapi/v1.json", GetAsync).ExcludeFromDescription();
    }

    private static async Task<IResult> GetAsync(OpenApiDocument document) => TypedResults.Bytes(await document.JsonAsync(), "application/json");
}
