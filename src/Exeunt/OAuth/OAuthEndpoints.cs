using Exeunt.Clients;
using Exeunt.Http;
using Exeunt.Keys;
using Exeunt.Receipts;
using Exeunt.Sessions;
using Exeunt.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Exeunt.OAuth;

/// <summary>The OAuth routes, for clients that speak the standards: refresh (RFC 6749 §6), revocation (RFC 7009) and introspection (RFC 7662).</summary>
internal static class OAuthEndpoints
{
    private static readonly FormParameter[] Client = [new("client_id", "A public client; registered ones authenticate by HTTP Basic.")];
    private static readonly FormParameter[] Token = [new("token", "An access token or a refresh token.", Required: true), new("token_type_hint", "Taken as a hint: every kind is tried.")];

    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Adds <c>POST /oauth2/token</c>, <c>/oauth2/revoke</c>, <c>/oauth2/introspect</c> and the metadata.</summary>
        public void MapOAuth()
        {
            var oauth = routes.MapGroup("/oauth2");
            oauth.AddEndpointFilter(AnswerTroubleAsync);
            oauth.MapPost("/token", RefreshAsync).Describe("OAuthToken", "Exchanges a refresh token for fresh tokens (RFC 6749 §6)", "OAuth")
                .ReadsForm([new("grant_type", "Always `refresh_token`.", Required: true), new("refresh_token", "The newest one.", Required: true), .. Client])
                .Produces<OAuthTokens>().FailsAsOAuth(400, 401, 413, 503);
            oauth.MapPost("/revoke", RevokeAsync).Describe("OAuthRevoke", "Ends the session of a token (RFC 7009)", "OAuth")
                .ReadsForm([.. Token, .. Client]).Produces(200).FailsAsOAuth(400, 401, 413, 503);
            oauth.MapPost("/introspect", IntrospectAsync).Describe("OAuthIntrospect", "What a token is worth (RFC 7662)", "OAuth")
                .ReadsForm(Token).Produces<Introspection>().FailsAsOAuth(400, 401, 403, 413, 503);
            routes.MapServerMetadata();
        }
    }

    private static async ValueTask<object?> AnswerTroubleAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        context.HttpContext.Response.Headers.Pragma = "no-cache"; // RFC 6749 §5.1, for caches of its time
        try
        {
            return await next(context);
        }
        catch (LedgerUnavailableException)
        {
            return OAuthErrors.Unavailable(context.HttpContext);
        }
    }

    private static async Task<IResult> RefreshAsync(HttpContext http, OAuthClients clients, ServerKeys keys, RefreshSession refresh, TokenAnswer answer, Enforcement enforcement)
    {
        var (form, unreadable) = await OAuthForm.ReadAsync(http);
        if (form is null) return unreadable!;
        var (client, refused) = await clients.IdentifyAsync(http, form);
        if (client is null) return refused!;

        if (form["grant_type"] is not { } grant) return OAuthErrors.InvalidRequest("'grant_type' is missing.");
        if (grant != "refresh_token") return OAuthErrors.UnsupportedGrantType();
        if (form["refresh_token"] is not { } presented) return OAuthErrors.InvalidRequest("'refresh_token' is missing.");
        if (form["scope"] is not null) return OAuthErrors.InvalidScope();
        if (!RefreshToken.TryOpen(keys, presented, out var token)) return OAuthErrors.InvalidGrant();

        var outcome = await refresh.HandleAsync(token, client.Id, http.Origin);
        if (outcome is RefreshOutcome.Theft(var ending)) await enforcement.SettleAsync(ending, http.RequestAborted);
        if (outcome is not RefreshOutcome.Refreshed(var live)) return OAuthErrors.InvalidGrant();
        var fresh = answer.Fresh(live);
        return TypedResults.Json(new OAuthTokens(fresh.AccessToken, "Bearer", fresh.ExpiresIn, fresh.RefreshToken), ExeuntJson.Default.OAuthTokens);
    }

    private static async Task<IResult> RevokeAsync(HttpContext http, OAuthClients clients, RevokeToken revoke, Enforcement enforcement)
    {
        var (form, unreadable) = await OAuthForm.ReadAsync(http);
        if (form is null) return unreadable!;
        var (client, refused) = await clients.IdentifyAsync(http, form);
        if (client is null) return refused!;
        if (form["token"] is not { } token) return OAuthErrors.InvalidRequest("'token' is missing.");

        // REV-4: to a public client a token of somebody else's looks like one that never was.
        var (isOwn, outcome) = await revoke.HandleAsync(token, client.Id, http.Origin);
        if (!isOwn && client.Registered is not null) return OAuthErrors.InvalidRequest("The token was issued to another client.");

        // RFC 7009 §2.2: clients leave the body alone, so it is free for those who have asked for a receipt.
        return await enforcement.ConfirmAsync(http, outcome) is { } receipt ? TypedResults.Json(new RevokedToken(receipt), ExeuntJson.Default.RevokedToken) : TypedResults.Ok();
    }

    private static async Task<IResult> IntrospectAsync(HttpContext http, OAuthClients clients, IntrospectToken introspect)
    {
        var (form, unreadable) = await OAuthForm.ReadAsync(http);
        if (form is null) return unreadable!;
        var (client, refused) = await clients.IdentifyAsync(http, form);
        if (client is null) return refused!;
        if (client.Registered is not { } registered) return OAuthErrors.InvalidClient(http, "Authenticate by HTTP Basic.");
        if (!registered.Scopes.Contains(ClientScopes.Introspect)) return OAuthErrors.UnauthorizedClient(ClientScopes.Introspect);
        if (form["token"] is not { } token) return OAuthErrors.InvalidRequest("'token' is missing.");

        return TypedResults.Json(await introspect.HandleAsync(token, http.RequestAborted), ExeuntJson.Default.Introspection);
    }
}
