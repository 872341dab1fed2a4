using System.Diagnostics.Metrics;
using Exeunt.Guard.Feed;
using Exeunt.Guard.Hosting;
using Exeunt.Guard.Tokens;
using Exeunt.Protocol.AccessTokens;
using Exeunt.Protocol.Feed;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Exeunt.Guard;

/// <summary>What an API calls to be protected.</summary>
public static class GuardServices
{
    /// <summary>Name of the scheme, and of the health check.</summary>
    public const string SchemeName = "Exeunt";

    extension(AuthenticationBuilder authentication)
    {
        /// <summary>Accepts access tokens of an Exeunt server, verified here, and refuses those whose session has ended, from memory. This line is enough.</summary>
        public AuthenticationBuilder AddExeunt(Action<GuardOptions> configure)
        {
            var services = authentication.Services;
            services.AddExeuntRevocation(configure);
            ((GuardScheme)services.Single(s => s.ServiceType == typeof(GuardScheme)).ImplementationInstance!).IsUsed = true;
            return authentication.AddScheme<AuthenticationSchemeOptions, GuardHandler>(SchemeName, displayName: null, configureOptions: null);
        }
    }

    extension(IServiceCollection services)
    {
        /// <summary>Follows the revocations of an Exeunt server, for <c>UseExeuntRevocation</c> behind other schemes. <c>AddExeunt</c> includes it.</summary>
        public IServiceCollection AddExeuntRevocation(Action<GuardOptions> configure)
        {
            services.AddOptions<GuardOptions>().Configure(configure).PostConfigure(AddSlashes).ValidateOnStart();
            if (services.Any(s => s.ServiceType == typeof(RevocationGuard))) return services;

            services.AddMetrics();
            services.TryAddSingleton(TimeProvider.System);
            services.AddSingleton(new GuardScheme());
            services.AddSingleton<IValidateOptions<GuardOptions>, GuardOptionsCheck>();
            services.AddSingleton(p => p.GetRequiredService<IOptions<GuardOptions>>().Value);
            services.TryAddSingleton<RevocationIndex>();
            services.AddSingleton<Freshness>();
            services.AddSingleton<GuardClock>();
            services.AddSingleton<ServerConnections>();
            services.AddSingleton<ServerQuestion>();
            services.AddSingleton<Acknowledger>();
            services.AddSingleton(Keys);
            services.AddSingleton<GuardFile>();
            services.AddSingleton(p => new GuardMetrics(p.GetRequiredService<IMeterFactory>(), p.GetRequiredService<RevocationIndex>(), p.GetRequiredService<Freshness>()));
            services.AddSingleton(p => new RevocationGuard(
                p.GetRequiredService<RevocationIndex>(), p.GetRequiredService<Freshness>(), p.GetRequiredService<GuardOptions>(), p.GetRequiredService<ServerQuestion>()));
            services.AddSingleton(p => new FeedFollower(
                p.GetRequiredService<RevocationIndex>(), p.GetRequiredService<Freshness>(), p.GetRequiredService<GuardClock>(), p.GetRequiredService<GuardMetrics>(),
                p.GetRequiredService<TimeProvider>(), p.GetRequiredService<GuardOptions>().MostRevocations));
            services.AddSingleton(Tokens);
            services.AddHostedService<FeedClient>();
            services.AddHostedService<GuardUpkeep>();
            services.AddHealthChecks().AddCheck<GuardHealth>(SchemeName);
            return services;
        }
    }

    extension(IApplicationBuilder app)
    {
        /// <summary>Refuses requests whose principal, by whatever scheme, belongs to a session that has ended. Put it after <c>UseAuthentication</c>.</summary>
        public IApplicationBuilder UseExeuntRevocation() => app.UseMiddleware<GuardMiddleware>();
    }

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

    private static FetchedKeys Keys(IServiceProvider provider)
    {
        var options = provider.GetRequiredService<GuardOptions>();
        return new(
            options.Issuer!, [.. options.Servers.Select(server => new Uri(server, ".well-known/jwks.json"))], FetchedKeys.CreateClient(),
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<FetchedKeys>>());
    }

    private static LocalTokens<GuardedToken> Tokens(IServiceProvider provider)
    {
        var options = provider.GetRequiredService<GuardOptions>();
        return new(
            new AccessTokenVerifier(options.Issuer!, [.. options.Audiences], options.Leeway), provider.GetRequiredService<FetchedKeys>(),
            provider.GetRequiredService<RevocationIndex>(), static token => new GuardedToken(token), options.RememberedTokens);
    }

    // Without a final slash a relative address would replace the last segment.
    private static void AddSlashes(GuardOptions options)
    {
        for (var i = 0; i < options.Servers.Count; i++)
        {
            if (options.Servers[i] is { IsAbsoluteUri: true } server && !server.AbsolutePath.EndsWith('/')) options.Servers[i] = new(server.AbsoluteUri + "/");
        }
    }
}
