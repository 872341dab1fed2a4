using Exeunt.Hosting;
using Exeunt.Http;
using Exeunt.Keys;
using Exeunt.Sessions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Exeunt.Accounts;

/// <summary>Sign-in and refresh.</summary>
internal static class AuthEndpoints
{
    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Adds <c>POST login</c> and <c>POST refresh</c>.</summary>
        public void MapAuth()
        {
            routes.MapPost("/auth/login", LoginAsync);
            routes.MapPost("/auth/refresh", RefreshAsync);
        }
    }

    private static async Task<IResult> LoginAsync(HttpContext http, SignIn signIn, TokenMint mint, ExeuntOptions options)
    {
        var body = await JsonBody.ReadAsync(http, ExeuntJson.Default.SignInRequest);
        if (!body.Ok) return body.Problem;
        if (string.IsNullOrWhiteSpace(body.Value.Email)) return Problems.InvalidField("email", "Give the e-mail address of the account.");
        if (string.IsNullOrEmpty(body.Value.Password)) return Problems.InvalidField("password", "Give the password.");

        var context = new SignInContext(body.Value.ClientId, body.Value.DeviceName, http.Origin, options.Tokens.Lifetime);
        var live = await signIn.HandleAsync(body.Value.Email, body.Value.Password, context, http.RequestAborted);
        return live is null ? Problems.WrongCredentials() : Answer(live, mint, options);
    }

    private static async Task<IResult> RefreshAsync(HttpContext http, RefreshSession refresh, ServerKeys keys, TokenMint mint, ExeuntOptions options)
    {
        var body = await JsonBody.ReadAsync(http, ExeuntJson.Default.RefreshRequest);
        if (!body.Ok) return body.Problem;
        if (!RefreshToken.TryOpen(keys, body.Value.RefreshToken, out var token)) return Problems.RefreshRefused();

        var outcome = await refresh.HandleAsync(token, client: null, http.Origin);
        return outcome is RefreshOutcome.Refreshed(var live) ? Answer(live, mint, options) : Problems.RefreshRefused();
    }

    private static IResult Answer(LiveSession live, TokenMint mint, ExeuntOptions options)
    {
        var lifetime = TokenMint.ExpiryOf(live.At, options.Tokens.Lifetime, live.Session.ExpiresAt) - live.At;
        var answer = new SignedInResponse(
            mint.AccessToken(live.Session, live.User, live.At, options.Tokens.Lifetime),
            mint.RefreshToken(live.Session, live.Generation),
            "Bearer", (long)lifetime.TotalSeconds, live.Session.Id.ToString(), UserView.Of(live.User), null);
        return TypedResults.Json(answer, ExeuntJson.Default.SignedInResponse);
    }
}
