using Exeunt.Audit;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Storage;

namespace Exeunt.Jobs;

/// <summary>
/// Writes into the rows what a cut-off has ended long before: logging out ten thousand sessions is one record, and their rows follow in small batches. A
/// row takes the earliest end that covers it; the record of that cut-off speaks for all of them.
/// </summary>
public sealed class SweepCutOffs(Ledger ledger, Revoker revoker) : IJob
{
    private const int BatchSize = 50;
    private const int CutOffsAtATime = 50;

    private static readonly Actor Sweep = Actor.Job("sweep");

    /// <inheritdoc/>
    public string Name => "sweep";

    /// <inheritdoc/>
    public TimeSpan Every => TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public async Task RunOnceAsync(CancellationToken ct)
    {
        var batch = new Batch(More: true, Reached: null);
        while (batch.More && !ct.IsCancellationRequested)
        {
            // The next batch is an operation of its own: logouts that wait go first. It goes on where the last one stopped.
            var from = batch.Reached;
            batch = await ledger.RunJobAsync(transaction => SweepBatchAsync(transaction, from));
        }
    }

    private async ValueTask<Batch> SweepBatchAsync(ILedgerTransaction transaction, Place? from)
    {
        var (marked, swept) = (0, 0);
        foreach (var cutOff in await transaction.UnsweptAsync(CutOffsAtATime))
        {
            var after = from?.CutOff == cutOff.Event ? from.Session : (SessionId?)null;
            var covered = await transaction.CoveredUnmarkedAsync(cutOff, BatchSize - marked, after);
            foreach (var session in covered)
            {
                if (session.Judge(await transaction.CutOffOverAsync(session), transaction.Now) is { } how) revoker.Mark(transaction, session, how, Sweep);
            }

            marked += covered.Count;
            if (marked == BatchSize) return new(More: true, new(cutOff.Event, covered[^1].Id));
            if (!IsClosed(cutOff, transaction.Now)) continue;
            transaction.MarkSwept(cutOff);
            swept++;
        }

        return new(More: swept > 0, Reached: null);
    }

    // A cut-off that is swept is no longer asked when a session is opened. So it waits until every new id is greater than it by time alone.
    private static bool IsClosed(Revocation cutOff, DateTimeOffset now) => cutOff.UpTo is not { } upTo || upTo.Value < Uuid7.First(now);

    /// <summary>What one batch has left: whether there may be more to do, and where it stopped within a cut-off.</summary>
    private sealed record Batch(bool More, Place? Reached);

    private sealed record Place(EventId CutOff, SessionId Session);
}
