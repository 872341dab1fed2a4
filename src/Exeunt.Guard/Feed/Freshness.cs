namespace Exeunt.Guard.Feed;

/// <summary>
/// How old the guard's knowledge is. Only differences that one clock has measured enter into it: the server's own between its last look at the log and the
/// heartbeat, and this process's monotonic one since. So clocks that are apart make nobody look fresher or staler than they are.
/// </summary>
internal sealed class Freshness(TimeProvider clock)
{
    private long knownAt = long.MinValue; // on the monotonic clock, in ticks; the least value is "never"

    /// <summary>The age; <see cref="TimeSpan.MaxValue"/> when nothing was ever synced.</summary>
    public TimeSpan Age
    {
        get
        {
            var at = Volatile.Read(ref knownAt);
            return at == long.MinValue ? TimeSpan.MaxValue : TimeSpan.FromTicks(Math.Max(0, Monotonic - at));
        }
    }

    private long Monotonic => clock.GetElapsedTime(0).Ticks;

    /// <summary>What is known now is this old. An older word takes nothing back.</summary>
    public void KnownWithAge(TimeSpan age)
    {
        var at = Monotonic - age.Ticks;
        var seen = Volatile.Read(ref knownAt);
        while (at > seen)
        {
            var before = Interlocked.CompareExchange(ref knownAt, at, seen);
            if (before == seen) return;
            seen = before;
        }
    }
}
