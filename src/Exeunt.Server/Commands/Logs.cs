using Microsoft.Extensions.Logging.Console;

namespace Exeunt.Server.Commands;

/// <summary>
/// Logs go to standard error, one line each: for people in a terminal, JSON for machines elsewhere. The framework speaks only from warnings up: its lines
/// about requests quote addresses, and an address may hold what is nobody's business.
/// </summary>
internal static class Logs
{
    /// <summary>Sets the logs up.</summary>
    /// <param name="logging">Of the host.</param>
    /// <param name="form"><c>json</c>, <c>text</c>, or null for what fits standard error.</param>
    /// <param name="isStarting">While it says so the framework is silent: what stops a start is thrown, and told in one line.</param>
    public static void Write(ILoggingBuilder logging, string? form, Func<bool> isStarting)
    {
        logging.ClearProviders();
        logging.AddFilter("Microsoft", level => level >= LogLevel.Warning && !isStarting());
        logging.AddFilter("System", LogLevel.Warning);
        logging.Services.Configure<ConsoleLoggerOptions>(options => options.LogToStandardErrorThreshold = LogLevel.Trace);
        if (form == "text" || (form is null && !Console.IsErrorRedirected))
        {
            logging.AddSimpleConsole(options =>
            {
                options.SingleLine = true;
                options.UseUtcTimestamp = true;
                options.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss'Z' ";
            });
        }
        else
        {
            logging.AddJsonConsole(options =>
            {
                options.UseUtcTimestamp = true;
                options.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
            });
        }
    }
}
