using Exeunt.Protocol.Feed;

namespace Exeunt.Guard.Feed;

/// <summary>
/// How late the heartbeats of a stream come. The one that was fastest tells how far the server's clock is ahead of this process's own; any other is late by as much
/// as it falls short of that. So neither a network that keeps events back, a little longer each, nor a process that stood still makes old knowledge look new, and
/// clocks that are apart do not matter.
/// </summary>
internal sealed class Lateness(TimeProvider clock)
{
    // Two clocks do not run alike: of the time that passes, one part in so many is forgiven.
    private const long Drift = 1000;

    private long begun; // on the monotonic clock, in ticks
    private long beaten;
    private long? ahead;

    private long Monotonic => clock.GetElapsedTime(0).Ticks;

    /// <summary>A stream is asked for.</summary>
    public void Begin() => (begun, ahead) = (Monotonic, null);

    /// <summary>How late this heartbeat comes, at least. The first has nothing to be compared with, so it must come soon after the stream was asked for.</summary>
    /// <param name="sent">When the server sent it, by a clock of the server's.</param>
    public TimeSpan Of(TimeSpan sent)
    {
        var now = Monotonic;
        var difference = sent.Ticks - now;
        var isFirst = ahead is null;
        ahead = ahead is { } most ? Math.Max(difference, most - ((now - beaten) / Drift)) : difference;
        beaten = now;
        return !isFirst ? TimeSpan.FromTicks(ahead.Value - difference)
            : TimeSpan.FromTicks(now - begun) is var waited && waited > FeedEvents.StaleAfter ? waited : TimeSpan.Zero;
    }
}
