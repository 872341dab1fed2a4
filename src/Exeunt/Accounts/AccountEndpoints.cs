using Exeunt.Authentication;
using Exeunt.Http;
using Exeunt.Receipts;
using Exeunt.Sessions;
using Exeunt.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Exeunt.Accounts;

/// <summary>Registration, and the account as its owner sees and changes it.</summary>
internal static class AccountEndpoints
{
    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Adds <c>POST auth/register</c>, <c>GET users/me</c> and <c>PUT users/me/password</c>.</summary>
        public void MapAccounts()
        {
            routes.MapPost("/auth/register", RegisterAsync).Describe("Register", "Makes an account", "Accounts")
                .Reads<RegisterRequest>().Produces<UserResponse>(201).Fails(400, 403, 409, 413, 415, 422, 429, 503);
            routes.MapGet("/users/me", MeAsync).RequireAuthorization().Describe("GetMe", "The caller's account", "Accounts")
                .Produces<UserView>().Fails(401);
            routes.MapPut("/users/me/password", ChangePasswordAsync).RequireAuthorization().Describe("ChangePassword", "Changes the password and ends the other sessions", "Accounts")
                .Reads<ChangePasswordRequest>().Produces<EndedResponse>().Fails(400, 401, 403, 413, 415, 422, 429, 503);
        }
    }

    private static async Task<IResult> RegisterAsync(HttpContext http, Register register)
    {
        var body = await JsonBody.ReadAsync(http, ExeuntJson.Default.RegisterRequest);
        if (!body.Ok) return body.Problem;
        if (EmailAddress.Read(body.Value.Email) is not { } email) return Problems.InvalidField("email", "Give an e-mail address such as ada@example.com as 'email'.");
        if (Fields.CheckPassword("password", body.Value.Password) is { } password) return password;
        if (Fields.CheckName(body.Value.Name) is { } name) return name;

        var wanted = new Registration(email, body.Value.Password!, string.IsNullOrWhiteSpace(body.Value.Name) ? null : body.Value.Name.Trim(), body.Value.Invite, http.Origin);
        return await register.HandleAsync(wanted, http.RequestAborted) switch
        {
            RegisterOutcome.Registered(var user) => TypedResults.Json(new UserResponse(UserView.Of(user)), ExeuntJson.Default.UserResponse, statusCode: 201),
            RegisterOutcome.EmailTaken => Problems.EmailTaken(),
            RegisterOutcome.Weak(var why) => Problems.WeakPassword("password", why),
            RegisterOutcome.NotAdmitted(var inviteWanted) => Problems.RegistrationClosed(inviteWanted),
            RegisterOutcome.Throttled(var retryAfter) => http.TooManyRequests(retryAfter),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    private static async Task<IResult> MeAsync(HttpContext http, Ledger ledger) =>
        await ledger.Reads.FindUserAsync(http.Caller.User, http.RequestAborted) is { } user
            ? TypedResults.Json(UserView.Of(user), ExeuntJson.Default.UserView)
            : Problems.NotFound("This account does not exist any more.");

    private static async Task<IResult> ChangePasswordAsync(HttpContext http, ChangePassword change, Enforcement enforcement)
    {
        var body = await JsonBody.ReadAsync(http, ExeuntJson.Default.ChangePasswordRequest);
        if (!body.Ok) return body.Problem;
        if (Fields.CheckPassword("current_password", body.Value.CurrentPassword) is { } current) return current;
        if (Fields.CheckPassword("new_password", body.Value.NewPassword) is { } wanted) return wanted;

        return await change.HandleAsync(http.Caller, body.Value.CurrentPassword!, body.Value.NewPassword!, http.Origin, http.RequestAborted) switch
        {
            ChangePasswordOutcome.Changed(var others) => TypedResults.Json(EndedResponse.Of(others) with { Receipt = await enforcement.ConfirmAsync(http, others) }, ExeuntJson.Default.EndedResponse),
            ChangePasswordOutcome.WrongPassword => Problems.WrongPassword(),
            ChangePasswordOutcome.Weak(var why) => Problems.WeakPassword("new_password", why),
            ChangePasswordOutcome.SessionEnded => Problems.Unauthenticated("The session of this token has ended: sign in again."),
            ChangePasswordOutcome.Throttled(var retryAfter) => http.TooManyRequests(retryAfter),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }
}
