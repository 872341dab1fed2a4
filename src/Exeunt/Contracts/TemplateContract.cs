using System.Diagnostics;
using System.Globalization;
using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Authentication;
using Exeunt.Hosting;
using Exeunt.Http;
using Exeunt.Protocol.Revocations;
using Exeunt.Receipts;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Exeunt.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Exeunt.Contracts;

/// <summary>
/// The template contract: <c>POST /api/auth/login</c> gives one long-lived token, <c>POST /api/auth/logout</c> ends the sessions of its user and answers 200
/// whatever the token is, <c>GET /api/user/profile</c> shows that it worked.
/// </summary>
internal static class TemplateContract
{
    /// <summary>The logout; the one route under <c>/api/auth</c> that answers an ended token as any other.</summary>
    public const string LogoutPath = "/api/auth/logout";

    /// <summary>The sign-in; it asks for no token, so an old one is no obstacle.</summary>
    public const string LoginPath = "/api/auth/login";

    private const string Invalid = "Invalid or expired token";

    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Adds its routes.</summary>
        public void MapTemplateContract()
        {
            routes.MapPost(LoginPath, LoginAsync).Describe("TemplateLogin", "Signs in for one token that has no refresh", "Logout contracts");
            routes.MapPost(LogoutPath, LogoutAsync).TakesLogouts().Describe("TemplateLogout", "Ends the sessions of the token's user", "Logout contracts");
            routes.MapGet("/api/user/profile", ProfileAsync).Describe("TemplateProfile", "The account of the token", "Logout contracts");
        }
    }

    /// <summary>An answer in the contract's form. One that refuses a token says so in the header, too (BRR-7).</summary>
    public static IResult Answer(HttpContext http, int status, TemplateResponse response)
    {
        if (status == StatusCodes.Status503ServiceUnavailable) http.Response.Headers.RetryAfter = BearerRefusal.RetryAfter;
        if (status == StatusCodes.Status401Unauthorized)
            http.Response.Headers.WWWAuthenticate = http.Bearer is BearerVerdict.Missing ? "Bearer realm=\"exeunt\"" : "Bearer realm=\"exeunt\", error=\"invalid_token\"";
        return TypedResults.Json(response, TemplateJson.Default.TemplateResponse, statusCode: status);
    }

    private static async Task<IResult> LoginAsync(HttpContext http, SignIn signIn, TokenMint mint, ExeuntOptions options)
    {
        var body = await JsonBody.ReadAsync(http, TemplateJson.Default.TemplateLoginRequest);
        if (!body.Ok) return Answer(http, body.Problem.StatusCode, new(false, body.Problem.ProblemDetails.Detail));
        if (EmailAddress.Read(body.Value.Email) is not { } email || Fields.CheckPassword("password", body.Value.Password) is not null)
            return Answer(http, 400, new(false, "Email and password are required"));

        var lifetime = options.Contracts.Template.TokenLifetime;
        switch (await signIn.HandleAsync(email, body.Value.Password!, new(null, null, http.Origin, lifetime) { HasRefresh = false }, http.RequestAborted))
        {
            case SignInOutcome.SignedIn(var live):
                return Answer(http, 200, new(true, Token: mint.AccessToken(live.Session, live.User, live.At, lifetime)));
            case SignInOutcome.Throttled(var retryAfter):
                http.Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(retryAfter.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
                return Answer(http, 429, new(false, "Too many login attempts"));
            case SignInOutcome.Refused:
                return Answer(http, 401, new(false, "Invalid credentials"));
            default:
                throw new UnreachableException();
        }
    }

    private static async Task<IResult> LogoutAsync(HttpContext http, OwnEnding ending, Revoker revoker, Enforcement enforcement, ExeuntOptions options, ILogger<Template> log)
    {
        if (http.Bearer is BearerVerdict.Missing or BearerVerdict.Malformed) return Answer(http, 401, new(false, "No token provided"));

        var (claimed, readable) = await LogoutNote.ReadAsync(http);
        var request = new LogoutRequest(http.Origin, readable ? null : LogoutNote.Unreadable, claimed);
        string? warning, receipt = null;
        try
        {
            var outcome = options.Contracts.Template.EndsAllSessions && http.Bearer is BearerVerdict.Live(var identity) ? await EndAllAsync(revoker, identity, request) : null;
            if (outcome is null or EndOutcome.NotAllowed) outcome = await ending.EndAsync(http.Bearer, request); // one that may not end all may end itself
            warning = (outcome as EndOutcome.Ended)?.Warning;
            receipt = await enforcement.ConfirmAsync(http, outcome);
        }
        catch (Exception failure)
        {
            // Whatever it was, this contract's clients know no other answer; so it is told in words.
            warning = NotRecorded.Warn(log, $"POST {LogoutPath}", http.Bearer, failure);
        }

        return Answer(http, 200, new(true, "User logged out successfully", Warning: warning, Receipt: receipt));
    }

    // The user is the token's: a userId in the body is recorded, never obeyed.
    private static Task<EndOutcome> EndAllAsync(Revoker revoker, Identity identity, LogoutRequest request) => revoker.EndAsync(new()
    {
        Scope = new EndScope.AllOf(identity.User),
        By = new(ActorKind.User, identity.User, identity.Session),
        Reason = EndReason.LogoutAll,
        From = request.From,
        Detail = request.Detail,
        Claimed = request.Claimed,
        Proof = Proof.Of(identity, expired: false),
    });

    private static async Task<IResult> ProfileAsync(HttpContext http, Ledger ledger) => http.Bearer switch
    {
        BearerVerdict.Live(var identity) when await ledger.Reads.FindUserAsync(identity.User, http.RequestAborted) is { } user =>
            Answer(http, 200, new(true, User: TemplateUser.Of(user))),
        BearerVerdict.Missing or BearerVerdict.Malformed => Answer(http, 401, new(false, "No token provided")),
        BearerVerdict.Undecided or BearerVerdict.Stale or BearerVerdict.Outside(_, OutsideStanding.NotRecorded) => Answer(http, 503, new(false, "The token cannot be checked now")),
        _ => Answer(http, 401, new(false, Invalid)),
    };

    /// <summary>Names the log.</summary>
    internal sealed class Template;
}
