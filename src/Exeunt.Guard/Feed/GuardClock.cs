namespace Exeunt.Guard.Feed;

/// <summary>
/// The guard's time. Tokens are judged by the later of the own clock and the server's, so that a clock that is slow lets nothing live longer; what has expired
/// is forgotten by the earlier of the two, so that one that is fast forgets nothing too early.
/// </summary>
internal sealed class GuardClock(TimeProvider own)
{
    private long serverMinusMonotonic = long.MinValue; // in ticks; the least value is "never heard"

    /// <summary>By which tokens are judged.</summary>
    public DateTimeOffset Now => own.GetUtcNow() is var mine && Server is { } server && server > mine ? server : mine;

    /// <summary>By which revocations are forgotten.</summary>
    public DateTimeOffset Forgetting => own.GetUtcNow() is var mine && Server is { } server && server < mine ? server : mine;

    /// <summary>What the server's clock shows now, as far as is known; null before the first heartbeat.</summary>
    public DateTimeOffset? Server
    {
        get
        {
            var offset = Volatile.Read(ref serverMinusMonotonic);
            return offset == long.MinValue ? null : new DateTimeOffset(Math.Clamp(offset + Monotonic, 0, DateTimeOffset.MaxValue.Ticks), TimeSpan.Zero);
        }
    }

    private long Monotonic => own.GetElapsedTime(0).Ticks;

    /// <summary>The server said what time it is.</summary>
    public void ServerSays(DateTimeOffset time) => Volatile.Write(ref serverMinusMonotonic, time.UtcTicks - Monotonic);
}
