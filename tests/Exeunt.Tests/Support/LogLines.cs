using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Exeunt.Tests.Support;

/// <summary>Everything that the server logged, as text: level, event, message, exception and every value.</summary>
public sealed class LogLines : ILoggerProvider
{
    private readonly ConcurrentQueue<string> lines = new();

    /// <summary>The lines so far.</summary>
    public IReadOnlyCollection<string> All => lines;

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private sealed class Logger(LogLines log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel is not LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var values = state is IReadOnlyList<KeyValuePair<string, object?>> list ? string.Join(' ', list.Select(v => $"{v.Key}={v.Value}")) : "";
            log.lines.Enqueue($"{logLevel} {category} {eventId.Id}: {formatter(state, exception)} {values} {exception}".TrimEnd());
        }
    }
}
