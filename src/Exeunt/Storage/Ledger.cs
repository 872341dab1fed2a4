using System.Threading.Channels;
using Exeunt.Protocol.Revocations;
using Microsoft.Extensions.Logging;

namespace Exeunt.Storage;

/// <summary>
/// Group commit: operations queue, one writer takes what is waiting, runs them in order of arrival inside one transaction, syncs to disk once and only
/// then answers everybody. Alone, an operation costs one commit; sixty-four at once share one. A batch that fails is rolled back and run one by one, so
/// that nobody pays for somebody else's failure.
/// </summary>
public sealed partial class Ledger : IAsyncDisposable
{
    private const int LongestQueue = 8192;
    private const int DefaultLargestBatch = 512;

    private readonly Channel<Waiting> queue = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(LongestQueue)); // two may read: the watchdog empties it
    private readonly ILedgerStore store;
    private readonly Action<IReadOnlyList<Revocation>> committed;
    private readonly ILogger<Ledger> log;
    private readonly int largestBatch;
    private readonly TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly AutoResetEvent bell = new(initialState: false); // the channel itself would wake the writer by way of a pool thread
    private int isAsleep;

    /// <summary>Starts the writer.</summary>
    /// <param name="store">Where it writes.</param>
    /// <param name="committed">Told of the revocations of each commit after it is durable and before anybody is answered: it must make them known here.</param>
    /// <param name="log">For failed batches.</param>
    public Ledger(ILedgerStore store, Action<IReadOnlyList<Revocation>> committed, ILogger<Ledger> log)
        : this(store, committed, log, DefaultLargestBatch)
    {
    }

    /// <summary>The same with another limit to what one commit takes: 1 is a commit for each operation, which benchmarks compare with.</summary>
    internal Ledger(ILedgerStore store, Action<IReadOnlyList<Revocation>> committed, ILogger<Ledger> log, int largestBatch)
    {
        this.store = store;
        this.committed = committed;
        this.log = log;
        this.largestBatch = largestBatch;
        new Thread(Write) { IsBackground = true, Name = "Ledger writer" }.Start();
    }

    /// <summary>What can be read without waiting for the writer.</summary>
    public ILedgerReads Reads => store;

    /// <summary>Ledger time.</summary>
    public LedgerClock Clock => store.Clock;

    /// <summary>The present life of the ledger.</summary>
    public string Epoch => store.Epoch;

    /// <summary>
    /// Runs the operation and completes when what it did is on disk. It cannot be cancelled: a browser that closes its tab must not stop a logout. The
    /// operation may run more than once, until one of its runs is committed, so it must have no effect but through the transaction.
    /// </summary>
    /// <exception cref="LedgerUnavailableException">Nothing was recorded.</exception>
    public Task<T> RunAsync<T>(Func<ILedgerTransaction, ValueTask<T>> operation) => RunAsync(new Waiting<T>(operation));

    /// <summary>
    /// The same for a piece of a job, which is in nobody's way: it has a transaction of its own, and whoever is waiting when its turn comes is served before it.
    /// </summary>
    /// <exception cref="LedgerUnavailableException">Nothing was recorded.</exception>
    internal Task<T> RunJobAsync<T>(Func<ILedgerTransaction, ValueTask<T>> operation) => RunAsync(new Waiting<T>(operation) { IsJob = true });

    /// <summary>Completes what is waiting, then stops.</summary>
    public async ValueTask DisposeAsync()
    {
        watchdog?.Dispose();
        var isFirst = queue.Writer.TryComplete();
        if (isFirst) bell.Set();
        await stopped.Task;
        if (isFirst) bell.Dispose();
    }

    private async Task<T> RunAsync<T>(Waiting<T> waiting)
    {
        if (!MayRun(waiting)) throw outage!.Refusal();
        if (!queue.Writer.TryWrite(waiting)) await WaitForRoomAsync(waiting);
        Ring();
        return await waiting.Answer;
    }

    private async Task WaitForRoomAsync(Waiting waiting)
    {
        try
        {
            await queue.Writer.WriteAsync(waiting);
        }
        catch (ChannelClosedException)
        {
            throw new LedgerUnavailableException("The server is shutting down.");
        }
    }

    private void Ring()
    {
        Interlocked.MemoryBarrier(); // what was queued is seen by a writer that lies down, or the writer lying down is seen here
        if (Volatile.Read(ref isAsleep) == 1 && Interlocked.Exchange(ref isAsleep, 0) == 1) bell.Set();
    }

    // False when the ledger closes and nothing is left.
    private bool WaitForWork()
    {
        while (!queue.Reader.TryPeek(out _))
        {
            if (queue.Reader.Completion.IsCompleted) return false;
            Interlocked.Exchange(ref isAsleep, 1);
            if (!queue.Reader.TryPeek(out _) && !queue.Reader.Completion.IsCompleted) bell.WaitOne();
            Volatile.Write(ref isAsleep, 0);
        }

        return true;
    }

    // A thread of its own: while it waits for the disk, nothing that the pool has to do waits with it.
    private void Write()
    {
        var batch = new List<Waiting>(largestBatch);
        var jobs = new Queue<Waiting>(); // at most one piece of each job that runs
        while (jobs.Count > 0 || WaitForWork())
        {
            while (batch.Count < largestBatch && queue.Reader.TryRead(out var next))
            {
                if (next.IsJob) jobs.Enqueue(next);
                else batch.Add(next);
            }

            Serve(batch);

            // One piece of a job between two batches: nobody waits for more than one of them, and jobs come forward however many logouts there are.
            if (!jobs.TryDequeue(out var job)) continue;
            batch.Add(job);
            Serve(batch);
        }

        stopped.SetResult();
    }

    private void Serve(List<Waiting> batch)
    {
        if (!Begin(batch)) return;

        // Who has been told of a failure is not run again: that could record what its caller believes not to have happened.
        if (!Wait(TryCommitAsync(batch, last: batch.Count == 1)))
        {
            foreach (var one in batch)
            {
                if (MayRun(one)) Wait(TryCommitAsync([one], last: true));
                else one.Fail(outage!.Refusal());
            }
        }

        End(batch);
    }

    private static T Wait<T>(ValueTask<T> answer) => answer.IsCompletedSuccessfully ? answer.Result : answer.AsTask().GetAwaiter().GetResult();

    // True when everybody in the batch has been answered.
    private async ValueTask<bool> TryCommitAsync(List<Waiting> batch, bool last)
    {
        var hasBegun = false;
        IReadOnlyList<Revocation> revocations;
        try
        {
            revocations = await store.CommitAsync(batch.ConvertAll<Func<ILedgerTransaction, ValueTask>>(one => transaction =>
            {
                hasBegun = true;
                return one.RunAsync(transaction);
            }));
        }
        catch (Exception failure)
        {
            Failed(failure);

            // Whatever went wrong, the writer must live: without it nobody could ever log out again. A ledger that does not even begin is nobody's own
            // failure; asked again for each of them, a locked file would make the last one wait for all the others' patience. What may have been recorded
            // is not run again either.
            if (!last && hasBegun && failure is not LedgerUnavailableException { OutcomeUnknown: true })
            {
                BatchFailed(batch.Count, failure);
                return false;
            }

            foreach (var one in batch) one.Fail(failure);
            return true;
        }

        Tell(revocations);
        foreach (var one in batch) one.Complete();
        return true;
    }

    // What is on disk is recorded, whatever fails afterwards: it is neither run again nor answered as a failure.
    private void Tell(IReadOnlyList<Revocation> revocations)
    {
        if (revocations.Count == 0) return;
        try
        {
            committed(revocations);
        }
        catch (Exception failure)
        {
            NotTold(revocations.Count, failure);
        }
    }

    [LoggerMessage(1102, LogLevel.Critical, "{Revocations} revocations are recorded, but this node could not take them in when they were committed; it reads them from the ledger's log at once")]
    private partial void NotTold(int revocations, Exception failure);

    [LoggerMessage(1101, LogLevel.Warning, "A batch of {Operations} operations failed and is run one by one")]
    private partial void BatchFailed(int operations, Exception failure);

    private abstract class Waiting
    {
        /// <summary>What this may do that others may not, while the ledger is away or slow.</summary>
        public Right Right { get; init; }

        /// <summary>Whether it lets everybody else go first.</summary>
        public bool IsJob { get; init; }

        public abstract ValueTask RunAsync(ILedgerTransaction transaction);

        public abstract void Complete();

        public abstract void Fail(Exception failure);
    }

    private sealed class Waiting<T>(Func<ILedgerTransaction, ValueTask<T>> operation) : Waiting
    {
        // Continuations run elsewhere: the writer must not serve somebody's HTTP answer.
        private readonly TaskCompletionSource<T> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Lock gate = new();
        private int runs;
        private int answeredBy;
        private T? result;

        public Task<T> Answer => answer.Task;

        public override async ValueTask RunAsync(ILedgerTransaction transaction)
        {
            // Whoever has been answered meanwhile has gone another way; running it still would do it twice.
            if (answer.Task.IsCompleted) return;

            // The run that counts is begun after all others; one that ends late must not put its answer in the place of what was committed.
            var run = Interlocked.Increment(ref runs);
            var made = await operation(transaction);
            lock (gate)
            {
                if (run > answeredBy) (answeredBy, result) = (run, made);
            }
        }

        public override void Complete() => answer.TrySetResult(result!);

        public override void Fail(Exception failure) => answer.TrySetException(failure);
    }
}
