using System.Net;
using System.Text.Json;
using Exeunt.Hosting;
using Exeunt.Sessions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using IPNetwork = System.Net.IPNetwork;

namespace Exeunt.Http;

/// <summary>What the pipeline needs, by the operator's settings.</summary>
internal static class ExeuntHttpServices
{
    private static readonly TimeSpan PreflightAge = TimeSpan.FromMinutes(10);

    extension(IServiceCollection services)
    {
        /// <summary>Adds CORS for the allowed origins, the trusted proxies, and the OpenAPI document.</summary>
        public void AddExeuntHttp(ExeuntOptions options)
        {
            services.AddCors(cors => cors.AddDefaultPolicy(policy => policy
                .WithOrigins([.. options.Server.AllowedOrigins])
                .WithMethods("GET", "POST", "PUT", "DELETE")
                .WithHeaders("Authorization", "Content-Type", "Prefer", SessionCookie.Header)
                .WithExposedHeaders("WWW-Authenticate", "Retry-After", "Preference-Applied")
                .AllowCredentials()
                .SetPreflightMaxAge(PreflightAge)));
            services.Configure<ForwardedHeadersOptions>(forwarded => Trust(forwarded, options.Server.TrustedProxies));
            services.AddLogging(logging => logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning)); // below that, whole addresses are logged
            services.AddSingleton(app => new OpenApiDocument(services, app));

            // For the document only: endpoints name the type they write.
            services.ConfigureHttpJsonOptions(json =>
            {
                json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
                json.SerializerOptions.TypeInfoResolverChain.Insert(0, ExeuntJson.Default);
            });
        }
    }

    private static void Trust(ForwardedHeadersOptions forwarded, IEnumerable<string> proxies)
    {
        forwarded.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto;
        forwarded.ForwardLimit = null; // as many as are trusted in a row, counted from our side
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        foreach (var proxy in proxies)
        {
            if (proxy.Contains('/', StringComparison.Ordinal)) forwarded.KnownIPNetworks.Add(IPNetwork.Parse(proxy));
            else forwarded.KnownProxies.Add(IPAddress.Parse(proxy));
        }
    }
}
