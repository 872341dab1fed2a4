using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Exeunt.Http;

/// <summary>Every problem the API answers with (RFC 9457). A type is a promise: it is documented in docs/problems.md and keeps its meaning for ever.</summary>
internal static class Problems
{
    private const string Types = "urn:exeunt:problem:";

    public static ProblemHttpResult BadRequest(string detail) => Of(400, "bad-request", "The request cannot be read", detail);

    public static ProblemHttpResult InvalidField(string field, string detail) =>
        Of(400, "invalid-field", "A field is missing or malformed", detail, ("field", field));

    public static ProblemHttpResult Unauthenticated(string detail) => Of(401, "unauthenticated", "Sign in first", detail);

    public static ProblemHttpResult WrongCredentials() =>
        Of(401, "wrong-credentials", "The e-mail address or the password is wrong", "Check both and try again. Accounts that are disabled are answered the same.");

    public static ProblemHttpResult RefreshRefused() =>
        Of(401, "refresh-refused", "This refresh token is not valid", "Sign in again: the token is unknown, its session has ended, or it has been replaced.");

    public static ProblemHttpResult ClientUnknown(string detail) => Of(401, "client-unknown", "This client is not known", detail);

    public static ProblemHttpResult WrongPassword() =>
        Of(403, "wrong-password", "The current password is wrong", "Give the password that you sign in with as 'current_password'.", ("field", "current_password"));

    public static ProblemHttpResult RegistrationClosed(bool inviteWanted) => inviteWanted
        ? Of(403, "invite-refused", "Registering here needs an invitation", "Give the code that you were sent as 'invite', with the e-mail address that it was made for.")
        : Of(403, "registration-closed", "Nobody can register here", "Ask the operator for an account.");

    public static ProblemHttpResult Forbidden(string detail) => Of(403, "forbidden", "You may not do this", detail);

    public static ProblemHttpResult ForeignOrigin() =>
        Of(403, "foreign-origin", "This page may not do this", "Call from the server's own origin, or have the operator add yours to Server:AllowedOrigins.");

    public static ProblemHttpResult CookieHeaderMissing() =>
        Of(403, "cookie-header-missing", "The cookie alone is not enough", "Send the header X-Exeunt-Cookie besides the cookie.");

    public static ProblemHttpResult CookieNeedsHttps() =>
        Of(400, "cookie-needs-https", "Cookie mode needs https", "Use an https address: browsers keep this cookie over plain http from localhost only.");

    public static ProblemHttpResult StepUpRequired(TimeSpan longest) => Of(
        401, "step-up-required", "Sign in again first",
        $"This needs a sign-in of the last {(long)longest.TotalMinutes} minutes. Sign in again, then repeat the request.",
        ("max_age", (long)longest.TotalSeconds));

    public static ProblemHttpResult NotFound(string detail) => Of(404, "not-found", "There is nothing here", detail);

    public static ProblemHttpResult MethodNotAllowed(string allowed) =>
        Of(405, "method-not-allowed", "This address does not take this method", $"Use one of: {allowed}.");

    public static ProblemHttpResult EmailTaken() =>
        Of(409, "email-taken", "This e-mail address has an account", "Sign in with it, or register with another address.");

    public static ProblemHttpResult TooLarge(long most) => Of(413, "too-large", "The request is too large", $"Send at most {most} bytes.");

    public static ProblemHttpResult UnsupportedMediaType(string wanted) =>
        Of(415, "unsupported-media-type", "The body is of the wrong type", $"Send it as {wanted}.");

    public static ProblemHttpResult WeakPassword(string field, string detail) =>
        Of(422, "weak-password", "This password is too easy to guess", detail, ("field", field));

    public static ProblemHttpResult TooManyRequests(string detail) => Of(429, "too-many-requests", "Too many attempts", detail);

    public static ProblemHttpResult AddressTooLong(int most) => Of(414, "address-too-long", "The address is too long", $"Use an address of at most {most} bytes.");

    public static ProblemHttpResult HeadersTooLarge(int mostHeaders, int mostBytes) =>
        Of(431, "headers-too-large", "The request's headers are too large", $"Send at most {mostHeaders} headers of {mostBytes} bytes together.");

    public static ProblemHttpResult NotReady(IReadOnlyList<string> reasons, JournalHealth? journal) =>
        Of(503, "not-ready", "The server is not able to serve", "Send requests elsewhere, and see the reasons.", ("reasons", reasons), ("journal", journal));

    /// <summary>The problem for a failure that came without words, from the framework.</summary>
    public static ProblemHttpResult OfStatus(int status) => status switch
    {
        401 => Unauthenticated("Send an access token as: Authorization: Bearer <token>."),
        403 => Forbidden("You may not do this."),
        404 => NotFound("No such address. The API is described at /openapi/v1.json."),
        405 => MethodNotAllowed("those that the header Allow names"),
        413 => TooLarge(JsonBody.MostBytes),
        415 => UnsupportedMediaType("application/json"),
        429 => TooManyRequests("Wait a little, then try again."),
        >= 500 => Internal(),
        _ => Of(status, "bad-request", "The request cannot be read", "It is not a valid HTTP request for this address."),
    };

    public static ProblemHttpResult Internal() =>
        Of(500, "internal", "The server failed", "Nothing of this request was recorded. Try again; if it stays so, tell the operator the time of this answer.");

    public static ProblemHttpResult CannotVerify(string detail) => Of(503, "cannot-verify", "The token cannot be checked now", detail);

    public static ProblemHttpResult LedgerUnavailable() =>
        Of(503, "ledger-unavailable", "The server cannot record anything now", "Nothing was changed. Try again in a second.");

    public static ProblemHttpResult OutcomeUnknown() =>
        Of(503, "outcome-unknown", "Nobody knows whether this was done", "The database has not confirmed it. Look whether it was done before you repeat it.");

    private static ProblemHttpResult Of(int status, string type, string title, string detail, params ReadOnlySpan<(string Name, object? Value)> more)
    {
        Dictionary<string, object?>? extensions = null;
        foreach (var (name, value) in more.ToArray().Where(one => one.Value is not null)) (extensions ??= [])[name] = value;
        return TypedResults.Problem(detail, statusCode: status, title: title, type: Types + type, extensions: extensions);
    }
}
