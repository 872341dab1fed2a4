using System.Diagnostics.Metrics;
using Exeunt.Guard.Feed;
using Exeunt.Guard.Hosting;
using Exeunt.Guard.Tokens;
using Exeunt.Protocol.AccessTokens;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Exeunt.Guard;

/// <summary>The guard's parts.</summary>
public static class GuardServices
{
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
            services.AddHealthChecks().AddCheck<GuardHealth>(GuardAuthentication.SchemeName);
            return services;
        }
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
