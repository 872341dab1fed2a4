using Exeunt.Guard;
using Exeunt.Hosting;
using Exeunt.Jobs;

namespace Exeunt.Authentication;

/// <summary>
/// The rule of the guards (P10) for the server's own API: a node that has not read the log of endings for too long does not decide by what it remembers. It can
/// do what a guard does that asks its server: look once more, which brings back a process that merely stood still for a while.
/// </summary>
/// <param name="news">Reads the log, and knows when it last did.</param>
/// <param name="options">How long to tolerate it.</param>
/// <param name="stopwatch">Real time: how long a database takes has nothing to do with ledger time.</param>
internal sealed class NodeFreshness(NewsReader news, ExeuntOptions options, TimeProvider stopwatch)
{
    // So long a request waits for the look, and so long nobody looks again after one that failed.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly StaleBehavior stale = StaleBehavior.Tolerate(options.Endings.TolerateStale);
    private readonly Lock gate = new();
    private Look? newest;

    /// <summary>Whether what is known here may be decided by.</summary>
    public bool IsServing => stale.Allows(news.Age);

    /// <summary>The same, after a look at the log if it is too old. All who ask at once share the look.</summary>
    public async ValueTask<bool> IsServingAsync()
    {
        if (IsServing) return true;
        var look = Newest();
        var left = Patience - stopwatch.GetElapsedTime(look.Begun);
        if (left > TimeSpan.Zero) await Task.WhenAny(look.Reading, Task.Delay(left, stopwatch));
        return IsServing;
    }

    private Look Newest()
    {
        lock (gate)
        {
            if (newest is null || (newest.Reading.IsCompleted && (newest.Reading.Result || stopwatch.GetElapsedTime(newest.Begun) >= Patience)))
                newest = new(Task.Run(TryReadAsync), stopwatch.GetTimestamp());
            return newest;
        }
    }

    private async Task<bool> TryReadAsync()
    {
        try
        {
            await news.CatchUpAsync(CancellationToken.None);
            return true;
        }
        catch (Exception)
        {
            return false; // the reader of the log meets the same, and says what it is
        }
    }

    private sealed record Look(Task<bool> Reading, long Begun);
}
