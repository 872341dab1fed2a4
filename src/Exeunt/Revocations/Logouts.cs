using System.Collections.Concurrent;
using Exeunt.Audit;
using Exeunt.Protocol.Ids;
using Exeunt.Sessions;
using Exeunt.Storage;

namespace Exeunt.Revocations;

/// <summary>
/// The way to the <see cref="Revoker"/> for people who log themselves out. A session that has ended can be asked to end again for ever, so what repeats is
/// recorded as failures are: the first ten in a minute each, then how many there were.
/// </summary>
internal sealed class Logouts(Revoker revoker, Ledger ledger, FailureAudit failures)
{
    // Whoever has that many sessions has left an entry for each of them.
    private const int MostRemembered = 10_000;

    private readonly ConcurrentDictionary<(string Epoch, SessionId Session), JudgedSession> ended = [];

    /// <summary>The session, if it is known here to have ended before it was asked to end again; else null.</summary>
    public Session? Remembered(SessionId id) => ended.TryGetValue((ledger.Epoch, id), out var known) ? known.Session : null;

    /// <summary>Ends what the command names.</summary>
    /// <exception cref="LedgerUnavailableException">Nothing was recorded.</exception>
    public Task<EndOutcome> EndAsync(EndSessions command) => EndAsync(command, () => revoker.EndAsync(command));

    /// <summary>The same for an ending that is part of a larger look at the ledger.</summary>
    /// <param name="command">What is to end, and how it came.</param>
    /// <param name="end">Ends it, unless it is known to have ended.</param>
    public async Task<EndOutcome> EndAsync(EndSessions command, Func<Task<EndOutcome>> end)
    {
        if (command.Scope is not EndScope.OneSession(var id)) return await end();
        if (ended.TryGetValue((ledger.Epoch, id), out var known)) return await RepeatAsync(command, known);

        var outcome = await end();
        if (outcome is EndOutcome.AlreadyEnded) await RememberAsync(id);
        return outcome;
    }

    private async Task<EndOutcome> RepeatAsync(EndSessions command, JudgedSession known)
    {
        await TryRecordAsync(new()
        {
            At = default, // given when it is written
            Action = AuditActions.LogoutRecorded,
            By = command.By with { User = command.By.User ?? known.Session.User },
            User = known.Session.User,
            Session = known.Session.Id,
            Client = known.Session.Client,
            Detail = command.Detail,
            Claimed = command.Claimed,
            Address = command.From.Address,
            UserAgent = command.From.UserAgent,
        });
        return new EndOutcome.AlreadyEnded(known.End!);
    }

    // Whether it is recorded or not, the session has ended, and whoever asks again while the ledger is away is told so.
    private async Task TryRecordAsync(AuditEntry entry)
    {
        try
        {
            await failures.RecordAsync(entry);
        }
        catch (LedgerUnavailableException)
        {
            // Nothing is lost but that it was asked once more.
        }
    }

    // An ending is for ever, so what is remembered cannot become wrong while the ledger is not put back from an older copy; one that the jobs have not written down yet has no id to be told by.
    private async Task RememberAsync(SessionId id)
    {
        try
        {
            var epoch = ledger.Epoch; // before the question: what is read is of this life or of a later one
            if (await ledger.Reads.FindSessionAsync(id, CancellationToken.None) is not { End: { } how } found || how.Event == default) return;
            if (ended.Count >= MostRemembered) ended.Clear();
            ended[(epoch, id)] = found;
        }
        catch (LedgerUnavailableException)
        {
            // The ending was recorded, which is what was asked for; the next repetition is remembered.
        }
    }
}
