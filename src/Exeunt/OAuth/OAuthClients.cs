using Exeunt.Audit;
using Exeunt.Clients;
using Exeunt.Http;
using Exeunt.Protocol.Ids;
using Exeunt.Storage;
using Microsoft.AspNetCore.Http;

namespace Exeunt.OAuth;

/// <summary>The client that makes an OAuth request.</summary>
/// <param name="Id">Its <c>client_id</c>.</param>
/// <param name="Registered">The registered client that has proved itself; null for a public one, which only says its name.</param>
internal sealed record OAuthClient(string Id, RegisteredClient? Registered);

/// <summary>
/// Who makes an OAuth request (RFC 6749 §2.3, §3.2.1): a registered client by HTTP Basic, or a public one by <c>client_id</c> alone. A secret in the body is not
/// accepted: it ends up in logs of forms, and Basic is what every server must offer.
/// </summary>
internal sealed class OAuthClients(ClientAuthentication clients, FailureAudit failures)
{
    private static readonly string[] OtherMethods = ["client_secret", "client_assertion", "client_assertion_type"];

    /// <summary>The client, or the error to answer with.</summary>
    public async ValueTask<(OAuthClient? Client, IResult? Error)> IdentifyAsync(HttpContext http, OAuthForm form)
    {
        var named = form["client_id"];
        var inBody = OtherMethods.Any(method => form[method] is not null);
        if (http.Request.Headers.Authorization.Count > 0)
        {
            if (inBody) return (null, OAuthErrors.InvalidRequest("Authenticate in one way, not in two."));
            if (await clients.IdentifyAsync(http) is not { } client) return await RefuseAsync(http, "These are not the credentials of a client.");
            return named is null || named == client.Id.ToString() ? (new(client.Id.ToString(), client), null) : (null, OAuthErrors.InvalidRequest("'client_id' is another client."));
        }

        if (inBody) return await RefuseAsync(http, "Authenticate by HTTP Basic.");
        if (named is null) return (null, OAuthErrors.InvalidClient(http, "Authenticate by HTTP Basic, or name a public client as 'client_id'."));

        // Whoever has, or had, a secret must show it.
        return Id.TryParse<AppId>(named, out _) ? await RefuseAsync(http, "This client must authenticate by HTTP Basic.") : (new(named, null), null);
    }

    private async ValueTask<(OAuthClient?, IResult?)> RefuseAsync(HttpContext http, string description)
    {
        await failures.RecordAsync(new()
        {
            At = default, // given when it is written
            Action = AuditActions.ClientRefused,
            By = Actor.Nobody,
            Detail = http.RoutePattern,
            Address = http.Origin.Address,
            UserAgent = http.Origin.UserAgent,
        });
        return (null, OAuthErrors.InvalidClient(http, description));
    }
}
