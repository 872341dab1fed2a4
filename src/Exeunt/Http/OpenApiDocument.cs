using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.OpenApi;

namespace Exeunt.Http;

/// <summary>
/// The OpenAPI document: what the routes say of themselves, and how to authenticate. It is written once, as the routes stand when somebody asks for the first
/// time: its libraries are some mebibytes of an idle server, and a part of every start, for what few ever ask. Therefore they have a container of their own,
/// in which the app's registrations stand a second time: only what writes the document may be taken out of it.
/// </summary>
/// <param name="services">What the app was made of, so that the document knows what is a service and what comes with a request.</param>
/// <param name="app">The app whose routes it describes.</param>
internal sealed class OpenApiDocument(IServiceCollection services, IServiceProvider app)
{
    private const string Name = "exeunt"; // an app around it may have documents, too
    private const string Version = "v1";
    private const string Bearer = "bearer";

    private readonly Lock gate = new();
    private Task<byte[]>? written;

    /// <summary>The document as JSON, in UTF-8.</summary>
    public Task<byte[]> JsonAsync()
    {
        // One for all who ask at the same time; one that failed is tried again.
        lock (gate) return written is { IsFaulted: false, IsCanceled: false } before ? before : written = Task.Run(WriteAsync);
    }

    private async Task<byte[]> WriteAsync()
    {
        var own = new ServiceCollection();
        own.Add(services);
        own.AddOpenApi(Name, Configure);

        // As instances: what a factory gives would be disposed of with this container, and it is the app's.
        own.Replace(ServiceDescriptor.Singleton(app.GetRequiredService<EndpointDataSource>()));
        own.Replace(ServiceDescriptor.Singleton(app.GetRequiredService<IServer>()));
        own.Replace(ServiceDescriptor.Singleton(app.GetRequiredService<ILoggerFactory>()));
        own.Replace(ServiceDescriptor.Singleton(app.GetRequiredService<IConfiguration>()));
        await using var container = own.BuildServiceProvider();
        var document = await container.GetRequiredKeyedService<IOpenApiDocumentProvider>(Name).GetOpenApiDocumentAsync();
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
            document.Info.Version = Version;
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
