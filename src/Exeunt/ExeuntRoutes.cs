using Exeunt.Accounts;
using Exeunt.Admin;
using Exeunt.Contracts;
using Exeunt.Feed;
using Exeunt.ForwardAuth;
using Exeunt.Http;
using Exeunt.Keys;
using Exeunt.OAuth;
using Exeunt.Sessions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace Exeunt;

/// <summary>The whole HTTP surface, one line a slice. Start reading here.</summary>
public static class ExeuntRoutes
{
    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Adds every route of the server.</summary>
        public void MapExeunt()
        {
            var v1 = routes.MapGroup("/api/v1");
            v1.MapAccounts();
            v1.MapAuth();
            v1.MapSessions();
            v1.MapEndedSessions();
            v1.MapSessionEvents();
            v1.MapRefreshTokenContract();
            v1.MapAdmin();
            v1.MapFeed();
            v1.MapForwardAuth();

            routes.MapTemplateContract();
            routes.MapAuditContract();
            routes.MapProviderSessionContract();
            routes.MapOAuth();
            routes.MapKeySet();
            routes.MapHealth();
            routes.MapOpenApiDocument();
        }
    }
}
