using Exeunt.Guard.Hosting;
using Microsoft.AspNetCore.Builder;

namespace Exeunt.Guard;

/// <summary>The guard behind other schemes.</summary>
public static class GuardPipeline
{
    extension(IApplicationBuilder app)
    {
        /// <summary>
        /// Refuses requests whose principal, by whatever scheme, belongs to a session that has ended. Put it after <c>UseAuthentication</c> and after
        /// <c>UseAuthorization</c>: that one authenticates again where an endpoint names schemes of its own.
        /// </summary>
        public IApplicationBuilder UseExeuntRevocation() => app.UseMiddleware<GuardMiddleware>();
    }
}
