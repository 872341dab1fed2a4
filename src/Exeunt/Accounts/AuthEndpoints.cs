using System.Diagnostics;
using Exeunt.Audit;
using Exeunt.Hosting;
using Exeunt.Http;
using Exeunt.Protocol.Revocations;
using Exeunt.Receipts;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Exeunt.Accounts;

/// <summary>Sign-in and refresh, by tokens in bodies or in cookie mode.</summary>
internal static class AuthEndpoints
{
    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Adds <c>POST login</c> and <c>POST refresh</c>.</summary>
        public void MapAuth()
        {
            routes.MapPost("/auth/login", LoginAsync).Describe("Login", "Signs in by e-mail address and password", "Sessions")
                .Reads<SignInRequest>().Produces<SignedInResponse>().Fails(400, 401, 403, 413, 415, 429, 503);
            routes.MapPost("/auth/refresh", RefreshAsync).Describe("Refresh", "Exchanges a refresh token for fresh tokens", "Sessions")
                .Reads<RefreshRequest>().Produces<SignedInResponse>().Fails(400, 401, 403, 413, 415, 503);
        }
    }

    private static async Task<IResult> LoginAsync(HttpContext http, SignIn signIn, TokenAnswer answer, SessionCookie cookie, Revoker revoker, Enforcement enforcement, ExeuntOptions options)
    {
        var byCookie = SessionCookie.IsAskedFor(http);
        if (byCookie && cookie.WhyNotSignIn(http) is { } why) return why;

        var body = await JsonBody.ReadAsync(http, ExeuntJson.Default.SignInRequest);
        if (!body.Ok) return body.Problem;
        if (EmailAddress.Read(body.Value.Email) is not { } email) return Problems.InvalidField("email", "Give the e-mail address of the account as 'email'.");
        if (Fields.CheckPassword("password", body.Value.Password) is { } password) return password;
        if (Fields.CheckDevice(body.Value.DeviceName, body.Value.ClientId) is { } device) return device;

        var context = new SignInContext(body.Value.ClientId, body.Value.DeviceName, http.Origin, options.Tokens.Lifetime);
        switch (await signIn.HandleAsync(email, body.Value.Password!, context, http.RequestAborted))
        {
            case SignInOutcome.SignedIn(var live):
                if (byCookie && cookie.Peek(http) is { } replaced) await enforcement.SettleAsync(await EndReplacedAsync(revoker, replaced, http.Origin), http.RequestAborted);
                return answer.To(http, live, byCookie);
            case SignInOutcome.Throttled(var retryAfter):
                return http.TooManyRequests(retryAfter);
            case SignInOutcome.Refused:
                return Problems.WrongCredentials();
            default:
                throw new UnreachableException();
        }
    }

    private static async Task<IResult> RefreshAsync(HttpContext http, RefreshSession refresh, TokenAnswer answer, SessionCookie cookie, Enforcement enforcement)
    {
        // In cookie mode there is nothing to say in a body.
        var body = await JsonBody.ReadOptionalAsync(http, ExeuntJson.Default.RefreshRequest);
        if (body.Problem is { } problem) return problem;
        var presented = cookie.ForRefresh(http, body.Value?.RefreshToken);
        if (presented.Token is not { } token) return presented.Problem!;

        var outcome = await refresh.HandleAsync(token, client: null, http.Origin);
        if (outcome is RefreshOutcome.Theft(var ending)) await enforcement.SettleAsync(ending, http.RequestAborted);
        return outcome is RefreshOutcome.Refreshed(var live) ? answer.To(http, live, presented.FromCookie) : Problems.RefreshRefused();
    }

    // The browser is about to forget the cookie's old session, so nobody could end it from here any more (ASVS 7.2.4).
    private static Task<EndOutcome> EndReplacedAsync(Revoker revoker, RefreshToken replaced, Origin from) => revoker.EndAsync(new()
    {
        Scope = new EndScope.OneSession(replaced.Session),
        By = new(ActorKind.User, Session: replaced.Session),
        Reason = EndReason.User,
        From = from,
        Detail = "signed in again",
        OwnSessionOnly = true,
    });
}
