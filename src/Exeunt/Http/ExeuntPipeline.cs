using Exeunt.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Exeunt.Http;

/// <summary>What every request passes through, outermost first.</summary>
public static partial class ExeuntPipeline
{
    extension(WebApplication app)
    {
        /// <summary>Adds failures as problems, safe headers, authentication and authorization.</summary>
        public void UseExeunt()
        {
            var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Exeunt.Http");
            app.Use((http, next) => AnswerFailuresAsync(http, next, log));
            app.Use(AddSafeHeaders);
            app.UseAuthentication();
            app.UseAuthorization();
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
            LedgerUnavailable(log, http.Request.Path, unavailable);
            http.Response.Headers.RetryAfter = "1"; // seconds
            await Problems.LedgerUnavailable().ExecuteAsync(http);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The caller has left; there is nobody to answer.
        }
        catch (Exception failure) when (!http.Response.HasStarted)
        {
            Failed(log, http.Request.Path, failure);
            await Problems.Internal().ExecuteAsync(http);
        }
    }

    private static Task AddSafeHeaders(HttpContext http, RequestDelegate next)
    {
        var headers = http.Response.Headers;
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'";
        return next(http);
    }

    [LoggerMessage(1201, LogLevel.Error, "{Path}: the ledger is unavailable")]
    private static partial void LedgerUnavailable(ILogger log, string path, Exception exception);

    [LoggerMessage(1202, LogLevel.Error, "{Path}: failed")]
    private static partial void Failed(ILogger log, string path, Exception exception);
}
