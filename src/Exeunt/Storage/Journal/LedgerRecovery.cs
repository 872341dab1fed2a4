using Exeunt.Audit;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Exeunt.Storage.Journal;

/// <summary>
/// Brings the ledger back: tries whether it works again, writes into it what the journal holds, before anything else is let in, and closes with an entry that
/// tells of the outage. That entry is also the probe when the journal is empty: a full disk commits an empty transaction.
/// </summary>
public sealed partial class LedgerRecovery(
    Ledger ledger, ILedgerStore store, LedgerOutage outage, EndingJournal journal, JournalReplay replay, RecoverySteps steps, TimeProvider stopwatch, ILogger<LedgerRecovery> log)
    : BackgroundService
{
    private const int BatchSize = 200;
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(30); // an outage so soon after another is the same trouble

    private readonly SemaphoreSlim alone = new(1, 1);

    /// <summary>Tries once.</summary>
    /// <returns>True when the ledger is not away any more.</returns>
    public async Task<bool> TryAsync()
    {
        await alone.WaitAsync();
        try
        {
            if (outage.IsAway) await BringBackAsync();
            return true;
        }
        catch (LedgerUnavailableException unavailable)
        {
            StillAway(unavailable.Message);
            return false;
        }
        finally
        {
            alone.Release();
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        alone.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var pause = ShortestPause;
        var back = 0L;
        try
        {
            while (true)
            {
                await outage.WaitAsync(stoppingToken);
                if (back == 0 || stopwatch.GetElapsedTime(back) > Settled) pause = ShortestPause;
                do
                {
                    await Task.Delay(pause, stopwatch, stoppingToken);
                    pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
                }
                while (!await AttemptAsync());
                back = stopwatch.GetTimestamp();
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops; the next start replays.
        }
    }

    private async Task<bool> AttemptAsync()
    {
        try
        {
            return await TryAsync();
        }
        catch (Exception failure)
        {
            Failed(failure); // whatever it was, also a cancellation that nobody here asked for: this must go on: without it the server would stay closed for ever
            return false;
        }
    }

    private async Task BringBackAsync()
    {
        var since = outage.Since;
        var replayed = 0;
        var isTold = false;
        do
        {
            for (var page = journal.After(replayed, BatchSize); page.Count > 0; page = journal.After(replayed, BatchSize))
            {
                await ledger.RunToBringBackAsync(transaction => ApplyAsync(transaction, page));
                replayed += page.Count;
            }

            var count = replayed;
            if (!isTold) await ledger.RunToBringBackAsync(transaction => TellAsync(transaction, since, count));
            isTold = true;
            await steps.BeforeAnybodyElseAsync();
        }
        while (!journal.TryFinish(replayed));
    }

    private async ValueTask<bool> ApplyAsync(ILedgerTransaction transaction, IReadOnlyList<JournalRecord> page)
    {
        foreach (var record in page) await replay.ApplyAsync(transaction, record, store);
        return true;
    }

    private static ValueTask<bool> TellAsync(ILedgerTransaction transaction, DateTimeOffset? since, int replayed)
    {
        transaction.Append(new AuditEntry
        {
            At = transaction.Now,
            Action = AuditActions.LedgerWasAway,
            By = Actor.Job("journal"),
            Count = replayed,
            Detail = $"since {since:yyyy-MM-dd'T'HH:mm:ss'Z'}",
        });
        return new(true);
    }

    [LoggerMessage(2203, LogLevel.Debug, "The ledger is still away: {Why}")]
    private partial void StillAway(string why);

    [LoggerMessage(2204, LogLevel.Error, "The journal could not be replayed; it is tried again")]
    private partial void Failed(Exception failure);
}

/// <summary>What else must be done before anybody is let in again: taking in what other nodes have ended meanwhile, and what a start without the ledger left undone.</summary>
public sealed class RecoverySteps
{
    private readonly List<Func<Task>> steps = [];

    internal int Count => steps.Count;

    /// <summary>Adds a step. It must bear being repeated.</summary>
    public void Add(Func<Task> step) => steps.Add(step);

    internal async Task BeforeAnybodyElseAsync()
    {
        foreach (var step in steps) await step();
    }
}
