using Exeunt.Storage.Journal;

namespace Exeunt.Storage;

/// <content>
/// What happens when the store does not do its work: it fails, or it takes longer than the deadline. Then whatever waits is refused at once instead of in its
/// turn, and until <see cref="LedgerOutage.End"/> only what brings the ledger back is handed to the store. An operation that the store already holds when the
/// deadline passes may still be committed; nobody can know. An ending is told so and goes to the journal, where its event id settles it; anything else
/// waits on, as nothing else could answer it.
/// </content>
public sealed partial class Ledger
{
    // Beyond this many deadlines nobody waits on; the answer then says that the outcome is not known.
    private const int DeadlinesOfPatience = 15;

    private readonly Lock inFlight = new();
    private LedgerOutage? outage;
    private TimeProvider stopwatch = TimeProvider.System;
    private TimeSpan deadline;
    private ITimer? watchdog;
    private List<Waiting>? handedOver; // null between two batches
    private long handedOverAt;

    private enum Right
    {
        /// <summary>None: refused while the ledger is away, and waiting on when it is slow.</summary>
        None = 0,

        /// <summary>Its caller has another way to go: answered at the deadline.</summary>
        WithinDeadline,

        /// <summary>It brings the ledger back: run while the ledger is away.</summary>
        BringsBack,
    }

    /// <summary>Begins to watch the store. Without this nothing is refused and everybody waits for as long as the store takes.</summary>
    /// <param name="outage">Begun here, ended by whoever replays the journal.</param>
    /// <param name="deadline">How long one commit may take.</param>
    /// <param name="stopwatch">Real time: how long a disk takes has nothing to do with ledger time.</param>
    internal void Watch(LedgerOutage outage, TimeSpan deadline, TimeProvider stopwatch)
    {
        (this.deadline, this.stopwatch) = (deadline, stopwatch);
        this.outage = outage;
        watchdog = stopwatch.CreateTimer(static ledger => ((Ledger)ledger!).Look(), this, deadline / 4, deadline / 4);
    }

    /// <summary>The same for an operation that has another way to go: it is answered at the deadline, or at once while the ledger is away.</summary>
    /// <exception cref="LedgerUnavailableException">It is not known to be recorded. It may still become so; its event id tells.</exception>
    internal Task<T> RunWithinDeadlineAsync<T>(Func<ILedgerTransaction, ValueTask<T>> operation) => RunAsync(new Waiting<T>(operation) { Right = Right.WithinDeadline });

    /// <summary>Runs what brings the ledger back, before anything else.</summary>
    internal Task<T> RunToBringBackAsync<T>(Func<ILedgerTransaction, ValueTask<T>> operation) => RunAsync(new Waiting<T>(operation) { Right = Right.BringsBack });

    private bool MayRun(Waiting one) => outage is not { IsAway: true } || one.Right is Right.BringsBack;

    // Asked again by the writer: what was queued in the moment before the outage may not come before the journal either.
    private bool Begin(List<Waiting> batch)
    {
        if (outage is null) return batch.Count > 0;
        if (outage.IsAway)
        {
            foreach (var one in batch.Where(one => one.Right is not Right.BringsBack)) one.Fail(outage.Refusal());
            batch.RemoveAll(one => one.Right is not Right.BringsBack);
        }

        if (batch.Count == 0) return false;
        lock (inFlight) (handedOver, handedOverAt) = (batch, stopwatch.GetTimestamp());
        return true;
    }

    private void End(List<Waiting> batch)
    {
        lock (inFlight)
        {
            handedOver = null;
            batch.Clear();
        }
    }

    private void Failed(Exception failure)
    {
        if (failure is LedgerUnavailableException) outage?.Begin(failure.Message, Clock.GetUtcNow());
    }

    private void Look()
    {
        List<Waiting> overdue;
        lock (inFlight)
        {
            if (handedOver is null) return;
            var waited = stopwatch.GetElapsedTime(handedOverAt);
            if (waited < deadline) return;
            overdue = [.. handedOver.Where(one => one.Right is Right.WithinDeadline || waited >= deadline * DeadlinesOfPatience)];
        }

        outage!.Begin($"It did not commit within {deadline.TotalSeconds:0.###} seconds.", Clock.GetUtcNow());
        foreach (var one in overdue) one.Fail(new LedgerUnavailableException("The store has not answered.") { OutcomeUnknown = true });
        RefuseWaiting(outage);
    }

    private void RefuseWaiting(LedgerOutage outage)
    {
        List<Waiting> kept = [];
        while (queue.Reader.TryRead(out var one))
        {
            if (one.Right is Right.BringsBack) kept.Add(one);
            else one.Fail(outage.Refusal());
        }

        foreach (var one in kept)
        {
            if (!queue.Writer.TryWrite(one)) one.Fail(outage.Refusal()); // the server stops
        }

        Ring();
    }
}
