using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Handover.Testkit;

/// <summary>A log that keeps what it is told, in words.</summary>
/// <param name="events">The events that are kept; none for all.</param>
public sealed class LogLines(params int[] events) : ILoggerProvider, ILogger
{
    /// <summary>What was said, in order.</summary>
    public ConcurrentQueue<string> Said { get; } = new();

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => this;

    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => true;

    /// <inheritdoc/>
    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter
    )
    {
        if (events.Length == 0 || events.Contains(eventId.Id))
        {
            Said.Enqueue(formatter(state, exception));
        }
    }

    /// <inheritdoc/>
    public void Dispose() { }
}
