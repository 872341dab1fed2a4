using System.Text.Json;
using Exeunt.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Exeunt.Server.WebConsole;

/// <summary>
/// Serves the console at <c>/console</c>. Every path below it is the one page, which finds out by itself what to show; only its assets are files. They
/// carry their content's hash in their names and may be kept for ever.
/// </summary>
internal static class ConsoleEndpoints
{
    // Scripts, styles and requests of this origin only: what is not listed is not allowed.
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
        "require-trusted-types-for 'script'; trusted-types 'none'";

    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Adds the console, and the way to it from the bare address for those who come with a browser.</summary>
        public void MapConsole(ExeuntOptions options)
        {
            // Request delegates: a bound handler would bring the binder along, and its compilation into every start.
            var page = new Lazy<string>(() => PageOf(options));
            routes.MapGet("/console/{**path}", http => Answer(http, page).ExecuteAsync(http)).ExcludeFromDescription();
            routes.MapGet("/", http => ToConsole(http).ExecuteAsync(http)).ExcludeFromDescription();
        }
    }

    private static IResult Answer(HttpContext http, Lazy<string> page)
    {
        var path = http.GetRouteValue("path") as string ?? "";
        if (!ConsoleFiles.Exist) return Missing("This server was built without its console: install Node.js 20.19 or newer and npm, and build it again.");
        if (!path.StartsWith("assets/", StringComparison.Ordinal)) return Page(http, page.Value);
        return ConsoleFiles.Find(path) is { } file ? Asset(http, file) : Missing("The console has no such file. Load the page again: it may be of an older version.");
    }

    private static ContentHttpResult Page(HttpContext http, string page)
    {
        var headers = http.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";
        return TypedResults.Text(page, "text/html; charset=utf-8");
    }

    private static FileContentHttpResult Asset(HttpContext http, ConsoleFile file)
    {
        var headers = http.Response.Headers;
        headers.CacheControl = "public, max-age=31536000, immutable";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.Vary = "Accept-Encoding";
        if (file.Brotli is null || !Takes(http, "br")) return TypedResults.File(file.Bytes, file.Type);
        headers.ContentEncoding = "br";
        return TypedResults.File(file.Brotli, file.Type);
    }

    private static bool Takes(HttpContext http, string encoding) =>
        http.Request.GetTypedHeaders().AcceptEncoding.Any(accepted => accepted.Value.Equals(encoding, StringComparison.OrdinalIgnoreCase) && accepted.Quality is not 0);

    private static IResult ToConsole(HttpContext http) =>
        http.Request.GetTypedHeaders().Accept.Any(accepted => accepted.MediaType.Equals("text/html", StringComparison.OrdinalIgnoreCase))
            ? TypedResults.LocalRedirect("/console")
            : TypedResults.NotFound();

    private static ProblemHttpResult Missing(string detail) =>
        TypedResults.Problem(detail, type: "urn:exeunt:problem:not-found", title: "There is nothing here", statusCode: StatusCodes.Status404NotFound);

    // What the page must know before it asks for anything, put where no script has to stand in the page.
    private static string PageOf(ExeuntOptions options)
    {
        var settings = JsonSerializer.Serialize(
            new ConsoleSettings(
                options.Accounts.Registration, (long)options.Sessions.RotationWindow.TotalMilliseconds, (long)options.Endings.StepUp.TotalSeconds,
                (int)options.Retention.EndedSessions.TotalDays, options.Server.Issuer!),
            ConsoleJson.Default.ConsoleSettings);
        return ConsoleFiles.Page.Replace("{settings}", System.Net.WebUtility.HtmlEncode(settings), StringComparison.Ordinal);
    }
}
