using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Storage;
using Exeunt.Storage.Journal;

namespace Exeunt.Revocations;

/// <content>Endings whose credential proves enough to end without the ledger: when that is away, they go to the journal (P2).</content>
public sealed partial class Revoker
{
    /// <summary>
    /// Ends what the command names, as the ledger completes it: whose session it is, whether the credential is the newest. While the ledger is away the journal
    /// takes the command as it is.
    /// </summary>
    /// <param name="command">With a proof that is good for it.</param>
    /// <param name="completed">Gives the command that is to be carried out in this transaction, or null when there is nothing to end.</param>
    /// <exception cref="LedgerUnavailableException">Nothing was recorded.</exception>
    internal Task<EndOutcome> EndAsync(EndSessions command, Func<ILedgerTransaction, EndSessions, ValueTask<EndSessions?>> completed) => journal is not null
        ? EndOrJournalAsync(command, journal, completed)
        : ledger.RunAsync(transaction => EndCompletedAsync(transaction, command, completed));

    /// <summary>The ending in the journal that covers this token: whoever asks again is told the same. Null for none.</summary>
    internal EndOutcome.Ended? Journaled(in TokenFacts token) => journal?.Find(token);

    /// <summary>A session was opened.</summary>
    internal void Opened(SessionId session) => journal?.Opened(session);

    /// <summary>Runs what records a logout that ends nothing; while the ledger is away, the journal keeps it.</summary>
    /// <returns>What the person is to be told when it is in the journal; null when it is in the ledger.</returns>
    /// <exception cref="LedgerUnavailableException">Nothing was recorded.</exception>
    internal async Task<string?> RecordAsync(EndSessions command, Func<ILedgerTransaction, EventId, ValueTask<bool>> record)
    {
        var known = command with { Event = Id.New<EventId>(ledger.Clock.GetUtcNow()) };
        try
        {
            if (journal is null) await ledger.RunAsync(transaction => record(transaction, known.Event));
            else await ledger.RunWithinDeadlineAsync(transaction => record(transaction, known.Event));
            return null;
        }
        catch (LedgerUnavailableException) when (journal is not null)
        {
            return await JournalAsync(() => journal.RecordAsync(known));
        }
    }

    private async Task<EndOutcome> EndOrJournalAsync(
        EndSessions command, JournaledEndings journal, Func<ILedgerTransaction, EndSessions, ValueTask<EndSessions?>>? completed)
    {
        // Both are taken before the ledger is asked, so that it and the journal speak of the same ending.
        var known = command with { Event = Id.New<EventId>(ledger.Clock.GetUtcNow()) };
        var newest = command.Scope is EndScope.AllOf ? journal.Newest : default;
        long counted = 0;
        try
        {
            return await ledger.RunWithinDeadlineAsync(async transaction =>
            {
                var outcome = completed is null ? await EndAsync(transaction, known) : await EndCompletedAsync(transaction, known, completed);
                if (outcome is not EndOutcome.Ended ended || transaction.IsTrial) return outcome;
                if (ended.WasDone) return ended with { Count = counted };
                counted = ended.Count;
                return ended;
            });
        }
        catch (LedgerUnavailableException)
        {
            return await JournalAsync(() => journal.TakeAsync(known, newest));
        }
    }

    private async ValueTask<EndOutcome> EndCompletedAsync(
        ILedgerTransaction transaction, EndSessions command, Func<ILedgerTransaction, EndSessions, ValueTask<EndSessions?>> completed)
    {
        await ForeseeAsync(transaction, command);
        return await completed(transaction, command) is { } whole ? await EndAsync(transaction, whole) : new EndOutcome.NotFound();
    }

    private static async ValueTask<EndOutcome> SameAsync(ILedgerTransaction transaction, EndSessions command) =>
        await transaction.RevocationAsync(command.Event) is { } done
            ? new EndOutcome.Ended(command.Event, command.Scope is EndScope.OneSession ? 1 : 0, done.Sequence, done.At) { WasDone = true }
            : new EndOutcome.NotFound();

    private static async Task<T> JournalAsync<T>(Func<Task<T>> take)
    {
        try
        {
            return await take();
        }
        catch (JournalUnavailableException unwritable)
        {
            throw new LedgerUnavailableException("Neither the ledger nor the journal can be written.", unwritable);
        }
    }
}
