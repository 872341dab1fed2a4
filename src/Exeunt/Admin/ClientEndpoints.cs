using Exeunt.Audit;
using Exeunt.Authentication;
using Exeunt.Clients;
using Exeunt.Http;
using Exeunt.Protocol.Ids;
using Exeunt.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Exeunt.Admin;

/// <summary>Programs with credentials of their own: listing, adding and removing them.</summary>
internal static class ClientEndpoints
{
    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Adds <c>/clients</c>.</summary>
        public void MapClients()
        {
            routes.MapGet("/clients", ListAsync).WithSummary("Programs with credentials of their own");
            routes.MapPost("/clients", AddAsync).WithSummary("Give a program credentials; the secret is answered this once");
            routes.MapDelete("/clients/{id}", RemoveAsync).WithSummary("Take a program's credentials away");
        }
    }

    private static async Task<IResult> ListAsync(HttpContext http, Ledger ledger) =>
        TypedResults.Json(new AdminClients([.. (await ledger.Reads.ClientsAsync(http.RequestAborted)).Select(AdminClient.Of)]), ExeuntJson.Default.AdminClients);

    private static async Task<IResult> AddAsync(HttpContext http, AddClient add, StepUp stepUp, FailureAudit failures)
    {
        var body = await JsonBody.ReadAsync(http, ExeuntJson.Default.NewClient);
        if (!body.Ok) return body.Problem;
        var name = body.Value.Name?.Trim();
        if (name is not { Length: > 0 and <= AddClient.LongestName } || name.Any(char.IsControl)) return Problems.InvalidField("name", $"A name has 1 to {AddClient.LongestName} characters.");
        if (body.Value.Scopes is not { Count: > 0 } wanted || wanted.Any(scope => !ClientScopes.All.Contains(scope)))
            return Problems.InvalidField("scopes", $"'scopes' is a list of: {string.Join(", ", ClientScopes.All)}.");
        if (await stepUp.RefuseAsync(http) is { } refusal) return refusal;

        return await AdminRefusal.RefuseAsync(failures, http, async () =>
        {
            var (client, secret) = await add.HandleAsync(name, [.. wanted.Distinct(StringComparer.Ordinal)], http.Caller.AsAdmin);
            return TypedResults.Json(new AddedAdminClient(AdminClient.Of(client), secret), ExeuntJson.Default.AddedAdminClient, statusCode: StatusCodes.Status201Created);
        });
    }

    private static Task<IResult> RemoveAsync(HttpContext http, string id, RemoveClient remove, FailureAudit failures) => AdminRefusal.RefuseAsync(
        failures,
        http,
        async () => Id.TryParse<AppId>(id, out var client) && await remove.HandleAsync(client, http.Caller.AsAdmin)
            ? TypedResults.NoContent()
            : Problems.NotFound("There is no client of this id."));
}

/// <summary>All programs with credentials.</summary>
public sealed record AdminClients(IReadOnlyList<AdminClient> Clients);

/// <summary>A program with credentials, without its secret.</summary>
public sealed record AdminClient(AppId Id, string Name, IReadOnlyList<string> Scopes, DateTimeOffset CreatedAt)
{
    /// <summary>The view of a client.</summary>
    public static AdminClient Of(RegisteredClient client) => new(client.Id, client.Name, client.Scopes, client.CreatedAt);
}

/// <summary>A client to add.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="Scopes">What it may do, from <see cref="ClientScopes"/>.</param>
public sealed record NewClient(string? Name, IReadOnlyList<string>? Scopes);

/// <summary>A client that was added.</summary>
/// <param name="Client">The client.</param>
/// <param name="Secret">Its secret, which nobody can have again.</param>
public sealed record AddedAdminClient(AdminClient Client, string Secret);
