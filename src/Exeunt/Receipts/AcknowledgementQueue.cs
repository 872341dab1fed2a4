using Exeunt.Feed;
using Exeunt.Protocol.Feed;

namespace Exeunt.Receipts;

/// <summary>
/// Answers that wait for guards, oldest first. One loop serves all of them: it wakes up when a guard says something, lets go whose guards are there, and keeps
/// the one timer that the oldest needs.
/// </summary>
/// <param name="guards">Who acknowledges.</param>
/// <param name="longest">How long an answer waits.</param>
/// <param name="stopwatch">Real time.</param>
internal sealed class AcknowledgementQueue(ConnectedGuards guards, TimeSpan longest, TimeProvider stopwatch)
{
    private readonly Lock gate = new();
    private readonly LinkedList<Waiting> queue = []; // those that came first run out first
    private bool isServed;

    /// <summary>Waits until each of these guards has acknowledged this place or has left. One that lets the time run out is lagging from then on.</summary>
    public Task WaitAsync(ConnectedGuard[] awaited, FeedPlace place)
    {
        var one = new Waiting(awaited, place, stopwatch.GetTimestamp());
        lock (gate)
        {
            if (IsOver(one)) return Task.CompletedTask; // looked at under the lock: what is said from now on, the loop hears with this one in the queue
            queue.AddLast(one);
            if (isServed) return one.Over.Task;
            isServed = true;
        }

        _ = ServeAsync();
        return one.Over.Task;
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            var next = guards.NextAsync(); // asked first: who acknowledges between the two lines is heard
            if (LetGo() is not { } left) return;
            await next.WaitAsync(left, stopwatch).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // ends also when the oldest has waited for long enough
        }
    }

    // Gives how long the oldest may go on; null when nobody is left, and then the next who comes is served by a loop of its own.
    private TimeSpan? LetGo()
    {
        lock (gate)
        {
            for (var node = queue.First; node is not null;)
            {
                var (one, following) = (node.Value, node.Next);
                if (IsOver(one) || HasRunOut(one))
                {
                    queue.Remove(node);
                    one.Over.SetResult(); // continues elsewhere
                }

                node = following;
            }

            if (queue.First is { } oldest) return TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(LeftFor(oldest.Value).TotalMilliseconds))); // timers know no less
            isServed = false;
            return null;
        }
    }

    private bool IsOver(Waiting one) => Array.TrueForAll(one.Awaited, guard => guard.HasAcknowledged(one.Place) || !guards.IsConnected(guard));

    private bool HasRunOut(Waiting one)
    {
        if (LeftFor(one) > TimeSpan.Zero) return false;
        foreach (var guard in one.Awaited) guard.GiveUpAt(one.Place);
        return true;
    }

    private TimeSpan LeftFor(Waiting one) => longest - stopwatch.GetElapsedTime(one.Since);

    private sealed record Waiting(ConnectedGuard[] Awaited, FeedPlace Place, long Since)
    {
        public TaskCompletionSource Over { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
