using Exeunt.Accounts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Exeunt.Admin;

/// <summary>The administration, one line a file. All of it demands the policy <c>admin</c>.</summary>
internal static class AdminRoutes
{
    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Adds everything under <c>/admin</c>.</summary>
        public void MapAdmin()
        {
            var admin = routes.MapGroup("/admin").RequireAuthorization(User.AdminRole).WithTags("Administration");
            admin.MapAdminAccounts();
            admin.MapAdminSessions();
            admin.MapEndings();
            admin.MapAudit();
            admin.MapOverview();
            admin.MapClients();
            admin.MapKeys();
        }
    }
}
