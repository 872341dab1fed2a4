namespace Exeunt.Storage;

/// <summary>
/// Ledger time: the wall clock at start, advanced by the monotonic clock, never behind anything that the ledger already holds. Ids, windows, cut-offs
/// and lifetimes are all judged by it, so that a clock set back or forward while the server runs changes none of them.
/// </summary>
public class LedgerClock : TimeProvider
{
    private readonly TimeProvider source;
    private readonly long startedAtTimestamp;
    private readonly DateTimeOffset startedAt;
    private long newestTicks;
    private bool follows;
    private long aheadTicks; // of the wall clock that it started from, when it follows another clock

    /// <summary>Starts from the wall clock of <paramref name="source"/>.</summary>
    public LedgerClock(TimeProvider source)
    {
        this.source = source;
        startedAtTimestamp = source.GetTimestamp();
        startedAt = source.GetUtcNow();
        newestTicks = startedAt.UtcTicks;
    }

    /// <inheritdoc/>
    public override long TimestampFrequency => source.TimestampFrequency;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => new(Advance(Own.UtcTicks + Volatile.Read(ref aheadTicks)), TimeSpan.Zero);

    /// <summary>How far it is ahead of this node's own clock; zero unless it follows another one.</summary>
    public TimeSpan Ahead => TimeSpan.FromTicks(Volatile.Read(ref aheadTicks));

    private DateTimeOffset Own => startedAt + source.GetElapsedTime(startedAtTimestamp);

    /// <summary>
    /// Follows the clock of a database that nodes share: it was <paramref name="there"/> at <paramref name="timestamp"/> of this clock. Time does not go
    /// back for it: it stands until the other clock has caught up.
    /// </summary>
    public void Follow(DateTimeOffset there, long timestamp)
    {
        Volatile.Write(ref aheadTicks, (there - (startedAt + source.GetElapsedTime(startedAtTimestamp, timestamp))).Ticks);

        // What this node's own clock said before has been told to nobody.
        if (!Interlocked.Exchange(ref follows, true)) Volatile.Write(ref newestTicks, there.UtcTicks);
    }

    /// <summary>Time stands until it has passed this instant: the ledger holds something that happened then.</summary>
    public void NotBefore(DateTimeOffset instant) => Advance(instant.UtcTicks);

    /// <inheritdoc/>
    public override long GetTimestamp() => source.GetTimestamp();

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        source.CreateTimer(callback, state, dueTime, period);

    private long Advance(long ticks)
    {
        var newest = Volatile.Read(ref newestTicks);
        while (ticks > newest)
        {
            var seen = Interlocked.CompareExchange(ref newestTicks, ticks, newest);
            if (seen == newest) return ticks;
            newest = seen;
        }

        return newest;
    }
}
