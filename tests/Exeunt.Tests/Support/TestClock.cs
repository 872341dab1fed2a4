namespace Exeunt.Tests.Support;

/// <summary>
/// A clock that stands still until it is told otherwise. Its wall clock can be set back and forward, as operators and NTP do, without its monotonic clock
/// noticing; timers follow the monotonic clock and fire inside <see cref="Advance"/>.
/// </summary>
public sealed class TestClock : TimeProvider
{
    private static readonly TimeSpan Lived = TimeSpan.FromHours(1);

    private readonly Lock gate = new();
    private readonly List<ClockTimer> timers = [];
    private DateTimeOffset wall;
    private long monotonic;

    /// <summary>Starts at noon of a day in March, or at <paramref name="start"/>.</summary>
    public TestClock(DateTimeOffset? start = null) => wall = start ?? new(2027, 3, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Its time to the millisecond, as the ledger keeps it.</summary>
    public DateTimeOffset Millisecond => DateTimeOffset.FromUnixTimeMilliseconds(GetUtcNow().ToUnixTimeMilliseconds());

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow()
    {
        lock (gate) return wall;
    }

    /// <inheritdoc/>
    public override long GetTimestamp()
    {
        lock (gate) return monotonic;
    }

    /// <summary>
    /// Time passes on both clocks. Every timer that falls due fires, in order, before this returns; but of a longer time only the last hour is lived through,
    /// and whatever fell due before that fires once, as on a machine that was asleep.
    /// </summary>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        if (by > Lived)
        {
            foreach (var timer in Sleep(by - Lived)) timer.Fire();
            by = Lived;
        }

        long end;
        lock (gate) end = monotonic + by.Ticks;
        while (TakeDue(end) is { } timer) timer.Fire();
    }

    /// <summary>Somebody sets the wall clock; no time passes.</summary>
    public void ShiftWallClock(TimeSpan by)
    {
        lock (gate) wall += by;
    }

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ClockTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private List<ClockTimer> Sleep(TimeSpan by)
    {
        lock (gate)
        {
            PassTo(monotonic + by.Ticks);
            List<ClockTimer> due = [.. timers.Where(timer => timer.DueAt <= monotonic).OrderBy(timer => timer.DueAt)];
            foreach (var timer in due)
            {
                if (timer.Period is { } period) timer.DueAt = monotonic + period.Ticks;
                else timers.Remove(timer);
            }

            return due;
        }
    }

    private ClockTimer? TakeDue(long end)
    {
        lock (gate)
        {
            var next = timers.MinBy(t => t.DueAt);
            if (next is null || next.DueAt > end)
            {
                PassTo(end);
                return null;
            }

            PassTo(Math.Max(next.DueAt, monotonic));
            if (next.Period is { } period) next.DueAt += period.Ticks;
            else timers.Remove(next);
            return next;
        }
    }

    private void PassTo(long timestamp)
    {
        wall += TimeSpan.FromTicks(timestamp - monotonic);
        monotonic = timestamp;
    }

    private sealed class ClockTimer(TestClock clock, Action callback) : ITimer
    {
        public long DueAt { get; set; }

        public TimeSpan? Period { get; private set; }

        public void Fire() => callback();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            bool now;
            lock (clock.gate)
            {
                clock.timers.Remove(this);
                if (dueTime == Timeout.InfiniteTimeSpan) return true;
                DueAt = clock.monotonic + dueTime.Ticks;
                Period = period > TimeSpan.Zero ? period : null;
                now = dueTime <= TimeSpan.Zero;
                if (now && Period is { } every) DueAt += every.Ticks;
                if (!now || Period is not null) clock.timers.Add(this);
            }

            // As the system's timers do: at once, but not on the stack of whoever asked.
            if (now) ThreadPool.QueueUserWorkItem(static timer => timer.Fire(), this, preferLocal: false);
            return true;
        }

        public void Dispose()
        {
            lock (clock.gate) clock.timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
