using Exeunt.Guard;
using Exeunt.Storage;

namespace Exeunt.Jobs;

/// <summary>Lets the index of this node forget what has expired.</summary>
public sealed class TrimIndex(RevocationIndex index, LedgerClock clock) : IJob
{
    /// <inheritdoc/>
    public string Name => "index";

    /// <inheritdoc/>
    public TimeSpan Every => TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    public bool IsOfNode => true;

    /// <inheritdoc/>
    public Task RunOnceAsync(CancellationToken ct)
    {
        index.RemoveExpired(clock.GetUtcNow());
        return Task.CompletedTask;
    }
}
