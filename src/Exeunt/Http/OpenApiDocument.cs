using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.OpenApi;

namespace Exeunt.Http;

/// <summary>
/// The OpenAPI document: what the routes say of themselves, and how to authenticate. It is written when somebody asks for the first time, with services of its
/// own: its libraries are three mebibytes of an idle server, and a part of every start, for what few ever ask.
/// </summary>
/// <param name="services">What the app was made of, so that the document knows what is a service and what comes with a request.</param>
internal sealed class OpenApiDocument(IServiceCollection services)
{
    private const string Name = "v1";
    private const string Bearer = "bearer";

    private Task<byte[]>? written;

    /// <summary>The document as JSON, in UTF-8.</summary>
    /// <param name="app">The services of the app whose routes it describes.</param>
    public Task<byte[]> JsonAsync(IServiceProvider app) => written is { IsFaulted: false } before ? before : written = WriteAsync(app);

    private async Task<byte[]> WriteAsync(IServiceProvider app)
    {
        var own = new ServiceCollection();
        own.Add(services);
        own.AddOpenApi(Name, Configure);
        own.Replace(ServiceDescriptor.Singleton(app.GetRequiredService<EndpointDataSource>()));
        own.Replace(ServiceDescriptor.Singleton(app.GetRequiredService<IServer>()));
        await using var provider = own.BuildServiceProvider();
        var document = await provider.GetRequiredKeyedService<IOpenApiDocumentProvider>(Name).GetOpenApiDocumentAsync();
        using var json = new MemoryStream();
        await document.SerializeAsJsonAsync(json, OpenApiSpecVersion.OpenApi3_1);
        return json.ToArray();
    }

    // Adds what routes cannot say.
    private static void Configure(OpenApiOptions options)
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
