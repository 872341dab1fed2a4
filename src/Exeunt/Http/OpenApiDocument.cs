using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Exeunt.Http;

/// <summary>The OpenAPI document at <c>/openapi/v1.json</c>: what the routes say of themselves, and how to authenticate.</summary>
internal static class OpenApiDocument
{
    /// <summary>The document's name.</summary>
    public const string Name = "v1";

    private const string Bearer = "bearer";

    /// <summary>Adds what routes cannot say.</summary>
    public static void Configure(OpenApiOptions options)
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info.Title = "Exeunt";
            document.Info.Description = "Sign-in, refresh, and a logout that is real. Failures are problem documents (RFC 9457).";
            document.Info.Version = Name;
            document.Servers = []; // where it was asked for is where it is
            document.Components ??= new();
            document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
            document.Components.SecuritySchemes[Bearer] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = Bearer,
                BearerFormat = "JWT",
                Description = "An access token (RFC 9068).",
            };
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            var metadata = context.Description.ActionDescriptor.EndpointMetadata;
            if (metadata.OfType<IAuthorizeData>().Any())
                operation.Security = [new() { [new OpenApiSecuritySchemeReference(Bearer, context.Document)] = [] }];
            foreach (var parameter in metadata.OfType<QueryParameter>())
            {
                (operation.Parameters ??= []).Add(new OpenApiParameter
                {
                    Name = parameter.Name,
                    In = ParameterLocation.Query,
                    Description = parameter.Description,
                    Schema = new OpenApiSchema { Type = JsonSchemaType.String },
                });
            }

            if (metadata.OfType<FormDescription>().FirstOrDefault() is { } form) operation.RequestBody = Describe(form);
            return Task.CompletedTask;
        });
    }

    private static OpenApiRequestBody Describe(FormDescription form) => new()
    {
        Required = true,
        Content = new Dictionary<string, OpenApiMediaType>
        {
            ["application/x-www-form-urlencoded"] = new()
            {
                Schema = new OpenApiSchema
                {
                    Type = JsonSchemaType.Object,
                    Required = form.Parameters.Where(p => p.Required).Select(p => p.Name).ToHashSet(),
                    Properties = form.Parameters.ToDictionary(
                        p => p.Name, IOpenApiSchema (p) => new OpenApiSchema { Type = JsonSchemaType.String, Description = p.Description }),
                },
            },
        },
    };
}
