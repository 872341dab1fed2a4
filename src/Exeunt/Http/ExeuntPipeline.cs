using Exeunt.Contracts;
using Exeunt.Hosting;
using Exeunt.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Exeunt.Http;

/// <summary>What every request passes through, outermost first.</summary>
public static partial class ExeuntPipeline
{
    private const string OneYear = "max-age=31536000";

    extension(WebApplication app)
    {
        /// <summary>Adds forwarded addresses, the request log, safe headers, failures as problems, CORS, authentication and authorization.</summary>
        public void UseExeunt()
        {
            var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Exeunt.Http");
            var clock = app.Services.GetRequiredService<TimeProvider>();

            // Without trusted proxies nobody's word about an address counts.
            if (app.Services.GetRequiredService<ExeuntOptions>().Server.TrustedProxies.Count > 0) app.UseForwardedHeaders();
            app.Use((http, next) => LogAsync(http, next, log, clock));
            app.Use(AddSafeHeaders);
            app.Use((http, next) => AnswerFailuresAsync(http, next, log));
            app.Use(RequestLimits.RefuseAsync);
            app.UseStatusCodePages(SayWhatIsWrongAsync);
            app.UseRouting();
            app.UseCors();
            app.UseAuthentication();
            app.Use(InvalidatedTokens.RefuseAsync);
            app.UseAuthorization();
        }
    }

    // The route's pattern, never the address as it was sent: that may hold anything, and line breaks too.
    private static async Task LogAsync(HttpContext http, RequestDelegate next, ILogger log, TimeProvider clock)
    {
        var started = clock.GetTimestamp();
        try
        {
            await next(http);
        }
        finally
        {
            if (log.IsEnabled(LogLevel.Information)) Answered(log, http.Request.Method, http.RoutePattern, http.Response.StatusCode, clock.GetElapsedTime(started).TotalMilliseconds);
        }
    }

    private static async Task AnswerFailuresAsync(HttpContext http, RequestDelegate next, ILogger log)
    {
        try
        {
            await next(http);
        }
        catch (LedgerUnavailableException unavailable) when (!http.Response.HasStarted)
        {
            LedgerUnavailable(log, http.RoutePattern, unavailable);
            http.Response.Headers.RetryAfter = "1"; // seconds
            await (unavailable.OutcomeUnknown ? Problems.OutcomeUnknown() : Problems.LedgerUnavailable()).ExecuteAsync(http);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The caller has left; there is nobody to answer.
        }
        catch (BadHttpRequestException bad) when (!http.Response.HasStarted)
        {
            await Problems.OfStatus(bad.StatusCode).ExecuteAsync(http);
        }
        catch (Exception failure) when (!http.Response.HasStarted)
        {
            Failed(log, http.RoutePattern, failure);
            await Problems.Internal().ExecuteAsync(http);
        }
    }

    // What the framework answers by itself (no such route, wrong method, wrong media type) comes without a body.
    private static Task SayWhatIsWrongAsync(StatusCodeContext context)
    {
        var response = context.HttpContext.Response;
        var problem = response.StatusCode == StatusCodes.Status405MethodNotAllowed && response.Headers.Allow is { Count: > 0 } allowed
            ? Problems.MethodNotAllowed(allowed.ToString())
            : Problems.OfStatus(response.StatusCode);
        return problem.ExecuteAsync(context.HttpContext);
    }

    private static Task AddSafeHeaders(HttpContext http, RequestDelegate next)
    {
        var headers = http.Response.Headers;
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.ContentSecurityPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        headers["Cross-Origin-Resource-Policy"] = "same-site";
        if (http.Request.IsHttps) headers.StrictTransportSecurity = OneYear;
        http.Response.OnStarting(CompleteHeaders, http.Response);
        return next(http);
    }

    private static Task CompleteHeaders(object state)
    {
        var response = (HttpResponse)state;
        var headers = response.Headers;

        // BRR-7: a refused password or refresh token is a 401 like any other.
        if (response.StatusCode == StatusCodes.Status401Unauthorized && headers.WWWAuthenticate.Count == 0) headers.WWWAuthenticate = "Bearer realm=\"exeunt\"";

        // Also for those without an origin: a cache must not give their answer to a page. At the very end, because CORS says it by itself for some.
        if (!headers.Vary.Contains("Origin", StringComparer.OrdinalIgnoreCase)) headers.Append("Vary", "Origin");
        return Task.CompletedTask;
    }

    [LoggerMessage(1200, LogLevel.Information, "{Method} {Route} answered {Status} in {Milliseconds:0.0} ms")]
    private static partial void Answered(ILogger log, string method, string route, int status, double milliseconds);

    [LoggerMessage(1201, LogLevel.Error, "{Route}: the ledger is unavailable")]
    private static partial void LedgerUnavailable(ILogger log, string route, Exception exception);

    [LoggerMessage(1202, LogLevel.Error, "{Route}: failed")]
    private static partial void Failed(ILogger log, string route, Exception exception);
}
