namespace Exeunt.Tests.Support;

/// <summary>
/// Times the commits of a server's ledger. It stands, so that no commit is late on a machine that is busy with other things, and runs while a test has taken
/// the ledger away: only then is a deadline to pass. Timers fire in real time.
/// </summary>
public sealed class CommitStopwatch : TimeProvider
{
    private readonly Lock gate = new();
    private long shown;
    private long? runsSince;

    /// <inheritdoc/>
    public override long GetTimestamp()
    {
        lock (gate) return Now;
    }

    /// <summary>Lets it run.</summary>
    public void Run()
    {
        lock (gate) runsSince ??= base.GetTimestamp();
    }

    /// <summary>Stops it where it is.</summary>
    public void Stand()
    {
        lock (gate) (shown, runsSince) = (Now, null);
    }

    private long Now => runsSince is { } since ? shown + base.GetTimestamp() - since : shown;
}
