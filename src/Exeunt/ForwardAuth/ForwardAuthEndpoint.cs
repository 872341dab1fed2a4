using Exeunt.Authentication;
using Exeunt.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Exeunt.ForwardAuth;

/// <summary>
/// What proxies ask before they let a request through: nginx (<c>auth_request</c>), Traefik (ForwardAuth) and Envoy (<c>ext_authz</c>). They take 200, 401 and
/// 403 for an answer; anything else becomes an error page, or an open door. So nothing else is ever answered: what cannot be decided is 403, as a 401 would send
/// clients into a circle of refreshes (NGX-1, ENV-1, ENV-4).
/// </summary>
internal static partial class ForwardAuthEndpoint
{
    private const string Prefix = "/api/v1/auth/check";

    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>
        /// Adds <c>/auth/check/{**any}</c> for any method. It is answered before CORS and authentication are asked: a preflight would else be answered 204,
        /// which lets it through.
        /// </summary>
        public void MapForwardAuth()
        {
            routes.Map("/auth/check/{**any}", CheckAsync).ShortCircuit();
            routes.MapGet("/auth/check/{**any}", CheckAsync)
                .Describe("CheckRequest", "Whether a proxy may let a request through, and whose it is. Any method, any path behind it", "Proxies")
                .Produces(200).Fails(401, 403).ShortCircuit();
        }
    }

    /// <summary>Whether the request is a proxy's question.</summary>
    public static bool IsAskedIn(HttpContext http) => http.Request.Path.StartsWithSegments(Prefix, StringComparison.OrdinalIgnoreCase);

    private static async Task<IResult> CheckAsync(HttpContext http, ForwardAuthCheck check, ILogger<ForwardAuthCheck> log)
    {
        // Always there, as a proxy that is told nothing would let the client's own through (ENV-4, ASVS 4.1.3).
        Name(http, ForwardAuthCaller.Nobody);
        try
        {
            switch (await check.JudgeAsync(http))
            {
                case ForwardAuthVerdict.Allowed(var caller):
                    Name(http, caller);
                    return Results.Empty; // exactly 200 (ENV-1)

                case ForwardAuthVerdict.Unauthenticated(var challenge, var detail):
                    http.Response.Headers.WWWAuthenticate = challenge;
                    return Problems.Unauthenticated(detail);

                case ForwardAuthVerdict.Forbidden(var detail):
                    return Problems.Forbidden(detail);
            }
        }
        catch (Exception trouble) when (!http.RequestAborted.IsCancellationRequested)
        {
            NotDecided(log, trouble);
        }

        http.Response.Headers.RetryAfter = BearerRefusal.RetryAfter;
        return Problems.Forbidden("The server cannot say now whether this is allowed. Try again in a few seconds.");
    }

    private static void Name(HttpContext http, ForwardAuthCaller caller)
    {
        var headers = http.Response.Headers;
        headers["X-Exeunt-Sub"] = caller.User;
        headers["X-Exeunt-Sid"] = caller.Session;
        headers["X-Exeunt-Roles"] = caller.Roles;
    }

    [LoggerMessage(2301, LogLevel.Error, "A proxy's question could not be decided and was answered with 403")]
    private static partial void NotDecided(ILogger log, Exception trouble);
}
