using Exeunt.Keys;
using Exeunt.Postgres.Rows;
using Exeunt.Postgres.Server;
using Exeunt.Protocol.Revocations;
using Exeunt.Storage;

namespace Exeunt.Postgres;

/// <summary>The ledger in a PostgreSQL database that any number of nodes share. What nodes could get wrong together is settled by locks in it.</summary>
public sealed partial class PostgresLedger : ILedgerStore
{
    private readonly PostgresSettings settings;
    private readonly Connections connections;
    private readonly Writer writer;
    private readonly News news;
    private bool isDisposed;

    /// <summary>Names the database; <see cref="OpenAsync"/> connects to it.</summary>
    /// <param name="settings">Where it is, and which node this is.</param>
    /// <param name="clock">Ledger time starts from it, and follows the database's clock from then on unless the settings say otherwise.</param>
    /// <exception cref="ArgumentException">The database is named in a form that nobody understands.</exception>
    public PostgresLedger(PostgresSettings settings, TimeProvider clock)
    {
        this.settings = settings;
        Clock = new(clock);
        connections = new(settings);
        var bell = $"\"exeunt_{settings.ConnectionString.SearchPath!.Replace('"', '_')}\"";
        writer = new(connections, Clock, settings.CommitDeadline ?? TimeSpan.FromSeconds(5), bell);
        news = new(connections, Clock, bell, writer.Name, settings.FollowDatabaseClock);
    }

    /// <inheritdoc/>
    public string Epoch => writer.Epoch;

    /// <inheritdoc/>
    public LedgerClock Clock { get; }

    /// <summary>The database, in words that may be shown.</summary>
    public string Where => connections.Where;

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">The tables belong to a newer version of the product, or to another program.</exception>
    public Task<LedgerOpening> OpenAsync(NodeMemory remembered, CancellationToken ct) => PrepareAsync(remembered, isLost: false, ct);

    /// <inheritdoc/>
    public async Task<int> TakeBackAsync(NodeMemory remembered, CancellationToken ct) => (await PrepareAsync(remembered, isLost: true, ct)).TakenBack;

    /// <summary>The server's keys in this database; they are usable as long as the ledger is.</summary>
    /// <param name="masterKey">32 bytes, which are nowhere in the database.</param>
    /// <param name="copy">Where this node keeps a copy, sealed as they are, and reads it until the ledger has been opened; null for none.</param>
    public IKeyVault Vault(ReadOnlySpan<byte> masterKey, IKeyVault? copy = null)
    {
        var shared = new PostgresVault(connections);
        return new SealedVault(copy is null ? shared : new CopiedVault(shared, copy, () => Epoch.Length > 0), masterKey);
    }

    /// <summary>What an operator should know of the server.</summary>
    /// <exception cref="LedgerUnavailableException">It cannot be asked.</exception>
    public ValueTask<PostgresFacts> InspectAsync(CancellationToken ct) => PostgresFacts.ReadAsync(connections, ct);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Revocation>> CommitAsync(Func<ILedgerTransaction, ValueTask> work) => CommitAsync([work]);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Revocation>> CommitAsync(IReadOnlyList<Func<ILedgerTransaction, ValueTask>> operations) => new(writer.CommitAsync(operations));

    /// <inheritdoc/>
    public ValueTask<IAsyncDisposable?> TryTakeJobAsync(string name, CancellationToken ct) => JobLock.TryTakeAsync(connections, name, ct);

    /// <inheritdoc/>
    public bool IsShared => true;

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<NodeWord>> ExchangeWordsAsync(string word, CancellationToken ct)
    {
        var now = Clock.GetUtcNow();
        return await connections.ReadAsync(batch => WordRows.Exchange(batch, settings.Node, word, now), results => results.AllAsync(WordRows.Read), ct);
    }

    /// <inheritdoc/>
    public ValueTask WaitForNewsAsync(CancellationToken ct) => news.WaitAsync(ct);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref isDisposed, true)) return; // a start that fails may close it twice
        await news.DisposeAsync();
        await connections.DisposeAsync();
        writer.Dispose();
    }

    // An older copy may be of before a migration, or know nothing of this node's chain.
    private async Task<LedgerOpening> PrepareAsync(NodeMemory remembered, bool isLost, CancellationToken ct)
    {
        var opening = new Opening(connections, settings, Clock);
        try
        {
            var (created, chain, epoch) = await opening.PrepareAsync(ct);
            (writer.Chain, writer.Epoch) = (chain, epoch);

            if (!isLost && !await opening.IsBehindAsync(remembered, ct)) return new(created, RolledBack: false, TakenBack: 0);
            var takenBack = await RolledBack.TakeBackAsync(writer, remembered);
            return new(created, RolledBack: true, takenBack);
        }
        catch (Exception failure) when (failure.IsOfDatabase)
        {
            throw failure.Translate(Where);
        }
    }
}
