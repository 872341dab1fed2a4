using Exeunt.Audit;
using Exeunt.Revocations;
using Exeunt.Storage;

namespace Exeunt.Jobs;

/// <summary>
/// Gives every session whose time was up its record: the instant when it ended, and whether it was idle or too old. Nothing depends on how soon: whoever
/// asks about a session judges its time by themselves.
/// </summary>
public sealed class ExpireSessions(Ledger ledger, Revoker revoker) : IJob
{
    private const int BatchSize = 50;

    private static readonly Actor Expiry = Actor.Job("expiry");

    /// <inheritdoc/>
    public string Name => "expiry";

    /// <inheritdoc/>
    public TimeSpan Every => TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    public async Task RunOnceAsync(CancellationToken ct)
    {
        var from = default(DateTimeOffset);
        while (!ct.IsCancellationRequested)
        {
            // Each batch is an operation of its own: logouts that wait go first. Whom somebody else is working on is found the next time.
            var batch = await ledger.RunJobAsync(transaction => MarkAsync(transaction, from));
            if (batch.Next is not { } next || (batch.Sessions.Count == 0 && next == from)) return;
            from = next;
        }
    }

    private async ValueTask<ExpiredSessions> MarkAsync(ILedgerTransaction transaction, DateTimeOffset from)
    {
        var expired = await transaction.ExpiredUnmarkedAsync(BatchSize, from);
        foreach (var session in expired.Sessions)
        {
            // A cut-off may have ended it before its time was up; then that is how it ended, and the cut-off's record speaks for it.
            if (session.Judge(await transaction.CutOffOverAsync(session), transaction.Now) is { } how) revoker.Mark(transaction, session, how, Expiry);
        }

        return expired;
    }
}
