using Exeunt.Hosting;
using Exeunt.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Exeunt.OAuth;

/// <summary>Where everything is, for clients that discover it (RFC 8414).</summary>
internal static class ServerMetadataEndpoint
{
    private static readonly string[] BasicOrPublic = ["client_secret_basic", "none"];
    private static readonly string[] BasicOnly = ["client_secret_basic"];

    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Adds <c>GET /.well-known/oauth-authorization-server</c>, followed by the issuer's path if it has one (MD-1).</summary>
        public void MapServerMetadata() => routes.MapGet("/.well-known/oauth-authorization-server/{**path}", Get)
            .Describe("GetServerMetadata", "Where the OAuth routes are, and what they take (RFC 8414)", "OAuth").Produces<ServerMetadata>().Fails(404);
    }

    private static IResult Get(string? path, ExeuntOptions options)
    {
        var issuer = options.Server.Issuer!;
        return new Uri(issuer).AbsolutePath.Trim('/') == (path ?? "")
            ? TypedResults.Json(Of(issuer), ExeuntJson.Default.ServerMetadata)
            : Problems.NotFound("The issuer has another path: its metadata stands between its host and that.");
    }

    private static ServerMetadata Of(string issuer) => new(
        issuer, issuer + "/.well-known/jwks.json",
        issuer + "/oauth2/token", BasicOrPublic, ["refresh_token"],
        issuer + "/oauth2/revoke", BasicOrPublic,
        issuer + "/oauth2/introspect", BasicOnly);
}
