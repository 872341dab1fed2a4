using System.Globalization;
using Exeunt.ForwardAuth;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Exeunt.Http;

/// <summary>
/// How large a request may be. What is somewhat too large is answered with words; what is far too large is cut off by the socket's own limits, which are twice
/// as wide and answer with a bare status.
/// </summary>
public static class RequestLimits
{
    private const int MostHeaders = 64;
    private const int MostHeaderBytes = 16 * 1024;
    private const int LongestTarget = 4 * 1024;
    private const long UsualConnections = 10_000;
    private const int FilesForOthers = 300; // database, logs, keys, threads, and connections that are just being closed

    /// <summary>How many connections this process takes at a time.</summary>
    public static long MostConnections { get; } = MostConnectionsWithin(OpenFiles());

    /// <summary>Sets the socket's own limits. Bodies have less room still: see <see cref="JsonBody.MostBytes"/>.</summary>
    public static void Configure(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = 4 * JsonBody.MostBytes;
        kestrel.Limits.MaxRequestHeaderCount = 2 * MostHeaders;
        kestrel.Limits.MaxRequestHeadersTotalSize = 2 * MostHeaderBytes;
        kestrel.Limits.MaxRequestLineSize = 2 * LongestTarget;
        kestrel.Limits.MaxConcurrentConnections = MostConnections;
    }

    /// <summary>
    /// How many connections leave enough files for the database and the runtime, which does not survive their lack: whoever may connect could else end the
    /// server.
    /// </summary>
    /// <param name="openFiles">How many files this process may have open; null when there is no limit.</param>
    internal static long MostConnectionsWithin(long? openFiles) => openFiles is { } most ? Math.Clamp(most - FilesForOthers, most / 4, UsualConnections) : UsualConnections;

    // The soft limit, which the runtime has raised as far as it may. Where there is no such file the system's usual limit is high enough.
    private static long? OpenFiles()
    {
        const string Limits = "/proc/self/limits";
        const string Name = "Max open files";
        if (!File.Exists(Limits)) return null;
        var line = File.ReadLines(Limits).FirstOrDefault(line => line.StartsWith(Name, StringComparison.Ordinal));
        return long.TryParse(line?[Name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture, out var most) ? most : null;
    }

    /// <summary>Middleware: refuses what is too large before anything reads it.</summary>
    internal static Task RefuseAsync(HttpContext http, RequestDelegate next) => WhyNot(http) is { } why
        ? (ForwardAuthEndpoint.IsAskedIn(http) ? Problems.Forbidden("The request is too large to be judged.") : why).ExecuteAsync(http)
        : next(http);

    private static ProblemHttpResult? WhyNot(HttpContext http)
    {
        if (http.Features.Get<IHttpRequestFeature>()?.RawTarget.Length > LongestTarget) return Problems.AddressTooLong(LongestTarget);

        var (count, length) = (0, 0);
        foreach (var (name, values) in http.Request.Headers)
        {
            count += values.Count;
            foreach (var value in values) length += name.Length + (value?.Length ?? 0);
        }

        return count > MostHeaders || length > MostHeaderBytes ? Problems.HeadersTooLarge(MostHeaders, MostHeaderBytes) : null;
    }
}
