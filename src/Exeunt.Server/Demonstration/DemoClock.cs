namespace Exeunt.Server.Demonstration;

/// <summary>The clock of a demonstration's past. It stands until it is told that it is later, so that days pass in a moment; timers go by the system's.</summary>
/// <param name="start">When the past begins.</param>
internal sealed class DemoClock(DateTimeOffset start) : TimeProvider
{
    private long passed; // ticks

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => start.AddTicks(GetTimestamp());

    /// <inheritdoc/>
    public override long GetTimestamp() => Volatile.Read(ref passed);

    /// <summary>It is this late now; never earlier than before.</summary>
    public void MoveTo(DateTimeOffset instant) => Volatile.Write(ref passed, Math.Max(passed, (instant - start).Ticks));
}
