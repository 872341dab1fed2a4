using Exeunt.Protocol.Revocations;

namespace Exeunt.Storage;

/// <summary>
/// The ledger's port: where accounts, sessions, revocations and the audit trail live. SQLite and PostgreSQL implement it; <c>LedgerContract</c> is what
/// they must pass. Writes come in batches from the one <see cref="Ledger"/>; reads may come from anywhere at once.
/// </summary>
/// <exception cref="LedgerUnavailableException">Any method, when the database cannot be reached, stays locked, is full or read-only; retrying may help.</exception>
public interface ILedgerStore : ILedgerReads, IAsyncDisposable
{
    /// <summary>Which life of the ledger this is. It changes when a database was put back from an older copy.</summary>
    string Epoch { get; }

    /// <summary>Ledger time.</summary>
    LedgerClock Clock { get; }

    /// <summary>
    /// Opens or creates the database, applies migrations, and takes the newest state that this node remembers: a ledger that is behind it was put back
    /// from an older copy, begins a new epoch and takes back the revocations that the node still holds.
    /// </summary>
    Task<LedgerOpening> OpenAsync(NodeMemory remembered, CancellationToken ct);

    /// <summary>
    /// Does what an opening does with a ledger that is behind: begins a new epoch, and writes back the revocations that the node remembers and the ledger lost.
    /// For a node that notices it while it runs.
    /// </summary>
    /// <returns>How many were written back.</returns>
    Task<int> TakeBackAsync(NodeMemory remembered, CancellationToken ct);

    /// <summary>Runs the work in one transaction with one sync to disk. If it throws, nothing of it has happened.</summary>
    ValueTask<IReadOnlyList<Revocation>> CommitAsync(Func<ILedgerTransaction, ValueTask> work);

    /// <summary>
    /// The same for operations that can each be run again: an adapter may run them more than once, to learn what they touch before it locks it. Those that
    /// count run in order, in one transaction.
    /// </summary>
    ValueTask<IReadOnlyList<Revocation>> CommitAsync(IReadOnlyList<Func<ILedgerTransaction, ValueTask>> operations);

    /// <summary>
    /// Takes a job for this node until the answer is disposed; null while another node has it. A ledger that belongs to one node gives every job away.
    /// </summary>
    ValueTask<IAsyncDisposable?> TryTakeJobAsync(string name, CancellationToken ct);

    /// <summary>Whether other nodes may work on the same ledger.</summary>
    bool IsShared => false;

    /// <summary>Leaves this node's word where the other nodes find it, and gives the last word of each of them. Words need not survive a crash of the database.</summary>
    /// <param name="word">It replaces the one before.</param>
    /// <param name="ct">Stops waiting.</param>
    ValueTask<IReadOnlyList<NodeWord>> ExchangeWordsAsync(string word, CancellationToken ct) => new([]);

    /// <summary>
    /// Completes when another process has written to the ledger since the last call, or after a second; the caller then reads the log's news.
    /// </summary>
    ValueTask WaitForNewsAsync(CancellationToken ct);
}

/// <summary>What a node keeps outside the database, to notice that the database was put back from an older copy.</summary>
/// <param name="Epoch">The epoch it last saw; empty on a first start.</param>
/// <param name="Sequence">The newest place in the revocation log that it saw.</param>
/// <param name="Revocations">The revocations it still holds.</param>
public sealed record NodeMemory(string Epoch, long Sequence, IReadOnlyList<Revocation> Revocations)
{
    /// <summary>A node that has seen nothing.</summary>
    public static NodeMemory Empty { get; } = new("", 0, []);

    /// <summary>The last revocation that it saw; null when that is not known. Other endings may have taken its place in a ledger that has lost it.</summary>
    public Revocation? Newest { get; init; }

    /// <summary>How far it has read; null for a node that has seen nothing.</summary>
    public LogMark? Mark => Epoch.Length > 0 ? new(new(Epoch, Sequence), Newest) : null;
}

/// <summary>What opening the ledger found.</summary>
/// <param name="Created">Whether the database was empty.</param>
/// <param name="RolledBack">Whether it was behind what the node remembered.</param>
/// <param name="TakenBack">How many revocations the node wrote back to it.</param>
public sealed record LedgerOpening(bool Created, bool RolledBack, int TakenBack);

/// <summary>The last that another node has said.</summary>
/// <param name="Node">Its name.</param>
/// <param name="At">When it said so, ledger time.</param>
/// <param name="Text">What it said.</param>
public sealed record NodeWord(string Node, DateTimeOffset At, string Text);

/// <summary>The database could not be used; nothing was changed (but see <see cref="OutcomeUnknown"/>), and trying again may help.</summary>
public sealed class LedgerUnavailableException : Exception
{
    /// <summary>Says what failed, in words for the operator.</summary>
    public LedgerUnavailableException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }

    /// <summary>
    /// Whether the change may be recorded all the same, because the answer to its commit was lost and nobody could be asked since. Default false: it is
    /// certain that nothing was changed.
    /// </summary>
    public bool OutcomeUnknown { get; init; }

    /// <summary>Whether waiting does not help: the ledger is elsewhere now. Default false.</summary>
    public bool IsForGood { get; init; }
}
