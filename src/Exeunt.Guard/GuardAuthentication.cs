using Exeunt.Guard.Hosting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.DependencyInjection;

namespace Exeunt.Guard;

/// <summary>The one line of an API that verifies its tokens by the guard.</summary>
public static class GuardAuthentication
{
    /// <summary>Name of the scheme, and of the health check.</summary>
    public const string SchemeName = "Exeunt";

    extension(AuthenticationBuilder authentication)
    {
        /// <summary>Accepts access tokens of an Exeunt server, verified here, and refuses those whose session has ended, from memory. This line is enough.</summary>
        public AuthenticationBuilder AddExeunt(Action<GuardOptions> configure)
        {
            authentication.Services.AddExeuntRevocation(configure);
            ((GuardScheme)authentication.Services.Single(s => s.ServiceType == typeof(GuardScheme)).ImplementationInstance!).IsUsed = true;
            return authentication.AddScheme<AuthenticationSchemeOptions, GuardHandler>(SchemeName, displayName: null, configureOptions: null);
        }
    }
}
