using Exeunt.Hosting;
using Exeunt.Storage;

namespace Exeunt.Jobs;

/// <summary>Deletes what has served: ended sessions after their retention, revocations when no token that they cover can be left.</summary>
public sealed class PurgeExpired(Ledger ledger, ExeuntOptions options) : IJob
{
    private const int BatchSize = 100;

    /// <inheritdoc/>
    public string Name => "purge";

    /// <inheritdoc/>
    public TimeSpan Every => TimeSpan.FromMinutes(5);

    /// <inheritdoc/>
    public async Task RunOnceAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested && await ledger.RunJobAsync(PurgeAsync) == BatchSize)
        {
            // The next batch is an operation of its own: logouts that wait go first.
        }
    }

    private ValueTask<int> PurgeAsync(ILedgerTransaction transaction) =>
        transaction.PurgeAsync(new(SessionsEndedBefore: transaction.Now - options.Retention.EndedSessions, RevocationsExpiredBefore: transaction.Now), BatchSize);
}
