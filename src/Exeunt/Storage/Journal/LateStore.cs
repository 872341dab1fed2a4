using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Clients;
using Exeunt.Protocol.Feed;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;

namespace Exeunt.Storage.Journal;

/// <summary>
/// The ledger of a server that was started while it was away. Until it could be opened everything is refused; the first commit, which is the recovery's, opens
/// it. From then on it is the ledger itself.
/// </summary>
/// <param name="store">Not open yet.</param>
/// <param name="remembered">What this node knows of it.</param>
/// <param name="opened">What must be done once it is open, before anybody else uses it; whatever it throws keeps the ledger away.</param>
public sealed class LateStore(ILedgerStore store, NodeMemory remembered, Func<LedgerOpening, CancellationToken, Task> opened) : ILedgerStore
{
    private volatile bool isOpen;

    /// <inheritdoc/>
    public string Epoch => isOpen ? store.Epoch : remembered.Epoch;

    /// <inheritdoc/>
    public LedgerClock Clock => store.Clock;

    private ILedgerStore Store => isOpen ? store : throw new LedgerUnavailableException("The ledger could not be opened yet.");

    /// <inheritdoc/>
    public async Task<LedgerOpening> OpenAsync(NodeMemory remembered, CancellationToken ct)
    {
        var opening = await store.OpenAsync(remembered, ct);
        await opened(opening, ct);
        isOpen = true;
        return opening;
    }

    /// <inheritdoc/>
    public Task<int> TakeBackAsync(NodeMemory remembered, CancellationToken ct) => Store.TakeBackAsync(remembered, ct);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<Revocation>> CommitAsync(Func<ILedgerTransaction, ValueTask> work)
    {
        if (!isOpen) await OpenAsync(remembered, CancellationToken.None);
        return await store.CommitAsync(work);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<Revocation>> CommitAsync(IReadOnlyList<Func<ILedgerTransaction, ValueTask>> operations)
    {
        if (!isOpen) await OpenAsync(remembered, CancellationToken.None);
        return await store.CommitAsync(operations);
    }

    /// <inheritdoc/>
    public async ValueTask<IAsyncDisposable?> TryTakeJobAsync(string name, CancellationToken ct) => await Store.TryTakeJobAsync(name, ct);

    /// <inheritdoc/>
    public bool IsShared => store.IsShared;

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<NodeWord>> ExchangeWordsAsync(string word, CancellationToken ct) => await Store.ExchangeWordsAsync(word, ct);

    /// <inheritdoc/>
    public async ValueTask WaitForNewsAsync(CancellationToken ct) => await Store.WaitForNewsAsync(ct); // whoever waits is told when it awaits, not when it asks

    /// <inheritdoc/>
    public ValueTask<User?> FindUserAsync(UserId id, CancellationToken ct) => Store.FindUserAsync(id, ct);

    /// <inheritdoc/>
    public ValueTask<User?> FindUserByEmailAsync(string normalizedEmail, CancellationToken ct) => Store.FindUserByEmailAsync(normalizedEmail, ct);

    /// <inheritdoc/>
    public ValueTask<JudgedSession?> FindSessionAsync(SessionId id, CancellationToken ct) => Store.FindSessionAsync(id, ct);

    /// <inheritdoc/>
    public ValueTask<JudgedSession?> FindSessionByOutsideIdAsync(string issuer, string outsideId, CancellationToken ct) =>
        Store.FindSessionByOutsideIdAsync(issuer, outsideId, ct);

    /// <inheritdoc/>
    public ValueTask<Page<JudgedSession>> SessionsAsync(SessionQuery query, CancellationToken ct) => Store.SessionsAsync(query, ct);

    /// <inheritdoc/>
    public ValueTask<Page<User>> UsersAsync(UserQuery query, CancellationToken ct) => Store.UsersAsync(query, ct);

    /// <inheritdoc/>
    public ValueTask<long> CountAliveAsync(EndScope scope, CancellationToken ct) => Store.CountAliveAsync(scope, ct);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Revocation>> RevocationsAfterAsync(long sequence, int limit, CancellationToken ct) =>
        Store.RevocationsAfterAsync(sequence, limit, ct);

    /// <inheritdoc/>
    public ValueTask<LogNews> NewsAfterAsync(LogMark mark, int limit, CancellationToken ct) => Store.NewsAfterAsync(mark, limit, ct);

    /// <inheritdoc/>
    public ValueTask<FeedPlace> RevocationPlaceAsync(CancellationToken ct) => Store.RevocationPlaceAsync(ct);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<RegisteredClient>> ClientsAsync(CancellationToken ct) => Store.ClientsAsync(ct);

    /// <inheritdoc/>
    public ValueTask<Page<AuditRecord>> AuditAsync(AuditQuery query, CancellationToken ct) => Store.AuditAsync(query, ct);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<AuditTally>> TallyAuditAsync(AuditTallyQuery query, CancellationToken ct) =>
        Store.TallyAuditAsync(query, ct);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<AuditRecord>> AuditChainAsync(string chain, long after, int limit, CancellationToken ct) =>
        Store.AuditChainAsync(chain, after, limit, ct);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<AuditHead>> AuditHeadsAsync(CancellationToken ct) => Store.AuditHeadsAsync(ct);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<AuditCheckpoint>> CheckpointsAsync(long? before, int limit, CancellationToken ct) => Store.CheckpointsAsync(before, limit, ct);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => store.DisposeAsync();
}
