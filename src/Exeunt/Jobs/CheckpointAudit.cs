using Exeunt.Audit;
using Exeunt.Keys;
using Exeunt.Storage;

namespace Exeunt.Jobs;

/// <summary>Signs a checkpoint every hour in which something happened, and at once when the signing key has changed, so that the new key vouches for the old.</summary>
public sealed class CheckpointAudit(Ledger ledger, SignCheckpoint sign, SigningKeys keys) : IJob
{
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    /// <inheritdoc/>
    public string Name => "checkpoint";

    /// <inheritdoc/>
    public TimeSpan Every => TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    public async Task RunOnceAsync(CancellationToken ct)
    {
        var isDue = await ledger.Reads.CheckpointsAsync(before: null, limit: 1, ct) is not [var newest]
            || ledger.Clock.GetUtcNow() - newest.At >= Longest
            || CheckpointStatement.Read(newest.Jws)?.Key.KeyId != keys.Current.KeyId;
        if (isDue) await sign.HandleAsync();
    }
}
