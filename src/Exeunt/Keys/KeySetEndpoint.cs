using Exeunt.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Exeunt.Keys;

/// <summary>The public keys, for everyone who verifies our tokens (RFC 7517 §5).</summary>
internal static class KeySetEndpoint
{
    // A new key is published for longer than this before it signs, and a compromised one should be gone soon.
    private static readonly string Cacheable = $"public, max-age={KeySchedule.KeySetMaxAge.TotalSeconds:F0}";

    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Adds <c>GET /.well-known/jwks.json</c>.</summary>
        public void MapKeySet() => routes.MapGet("/.well-known/jwks.json", Get).Describe("GetKeySet", "The public keys that verify access tokens", "Keys")
            .Produces(200, contentType: "application/jwk-set+json");
    }

    private static IResult Get(HttpContext http, SigningKeys keys)
    {
        http.Response.Headers.CacheControl = Cacheable;
        return TypedResults.Bytes(keys.Published.ToUtf8(), "application/jwk-set+json");
    }
}
