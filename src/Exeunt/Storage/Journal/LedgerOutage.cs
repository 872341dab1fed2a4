using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace Exeunt.Storage.Journal;

/// <summary>
/// Whether the ledger is away. While it is, nothing is handed to it but what brings it back: an ending goes to the journal at once, everything else is refused
/// at once, and nobody waits in vain. It ends when the journal has been replayed.
/// </summary>
public sealed partial class LedgerOutage(ILogger<LedgerOutage> log)
{
    private readonly Lock gate = new();
    private volatile State? now;
    private TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether the ledger is away now.</summary>
    [MemberNotNullWhen(true, nameof(Why))]
    public bool IsAway => now is not null;

    /// <summary>Why it is away, in words for the operator; null when it is not.</summary>
    public string? Why => now?.Why;

    /// <summary>Since when, by the clock that was given; null when it is not.</summary>
    public DateTimeOffset? Since => now?.Since;

    /// <summary>The ledger does not do its work. Only the first call of an outage counts.</summary>
    /// <param name="why">In words for the operator.</param>
    /// <param name="since">Ledger time.</param>
    public void Begin(string why, DateTimeOffset since)
    {
        lock (gate)
        {
            if (now is not null) return;
            now = new(why, since);
            begun.TrySetResult();
        }

        WentAway(why);
    }

    /// <summary>The ledger works again, and what was journaled is in it.</summary>
    internal void End(int replayed)
    {
        lock (gate)
        {
            if (now is null) return;
            now = null;
            begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        CameBack(replayed);
    }

    /// <summary>Completes when the ledger is away.</summary>
    internal Task WaitAsync(CancellationToken ct)
    {
        lock (gate) return begun.Task.WaitAsync(ct);
    }

    /// <summary>What whoever asks for the ledger is told.</summary>
    internal LedgerUnavailableException Refusal() => new($"The ledger is away: {now?.Why ?? "it came back a moment ago."}");

    [LoggerMessage(2201, LogLevel.Critical, "THE LEDGER IS AWAY: {Why} Logouts go to the journal of this server and are enforced by it; everything else is refused until the ledger is back")]
    private partial void WentAway(string why);

    [LoggerMessage(2202, LogLevel.Warning, "The ledger is back; {Replayed} endings of the journal are in it")]
    private partial void CameBack(int replayed);

    private sealed record State(string Why, DateTimeOffset Since);
}
