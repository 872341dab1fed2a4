using Exeunt.Authentication;
using Microsoft.AspNetCore.Http;

namespace Exeunt.Contracts;

/// <summary>
/// The template contract's promise: once logged out, every route under <c>/api/auth</c> and <c>/api/user</c>, those of an embedding application included, answers
/// the token in the template's words. Routes elsewhere answer it as usual.
/// </summary>
internal static class InvalidatedTokens
{
    private const StringComparison Ignoring = StringComparison.OrdinalIgnoreCase; // as routes are matched

    /// <summary>Middleware, after authentication.</summary>
    public static Task RefuseAsync(HttpContext http, RequestDelegate next) =>
        http.Bearer is BearerVerdict.Ended or BearerVerdict.Outside(_, OutsideStanding.Ended) && IsGuarded(http.Request.Path)
            ? TemplateContract.Answer(http, 401, new(false, "Token has been invalidated")).ExecuteAsync(http)
            : next(http);

    private static bool IsGuarded(PathString path) =>
        (path.StartsWithSegments("/api/auth", Ignoring) || path.StartsWithSegments("/api/user", Ignoring)) && !Is(path, TemplateContract.LogoutPath) && !Is(path, TemplateContract.LoginPath);

    // A route is found with a slash at its end as well.
    private static bool Is(PathString path, string route) =>
        path.StartsWithSegments(route, Ignoring, out var rest) && rest.Value is null or "" or "/";
}
