using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Exeunt.Storage;
using Exeunt.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Exeunt.Tests.Storage;

/// <summary>
/// What every ledger must do. A new adapter is done when a subclass of this is green, unchanged. This file holds what the tests stand on; the promises are in
/// the files beside it.
/// </summary>
public abstract partial class LedgerContract : IAsyncLifetime
{
    protected const string Us = "https://us.example";
    protected const string Them = "https://them.example";
    protected const string Web = "web";

    private readonly List<ILedgerStore> stores = [];
    private int users;

    /// <summary>The clock of the store that every test starts with. It stands until told to move.</summary>
    protected TestClock Time { get; } = new(new DateTimeOffset(2026, 3, 14, 9, 26, 53, TimeSpan.Zero));

    /// <summary>An open, empty store.</summary>
    protected ILedgerStore Store { get; private set; } = null!;

    protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Another store on the same database, as another process would have; not yet open.</summary>
    protected abstract ILedgerStore Connect(TimeProvider clock);

    /// <summary>Copies the database aside. No store is open.</summary>
    protected abstract Task BackUpAsync();

    /// <summary>Puts the copy back in the database's place. No store is open.</summary>
    protected abstract Task RestoreAsync();

    /// <summary>Destroys the database. No store is open.</summary>
    protected abstract Task DropAsync();

    public async ValueTask InitializeAsync() => Store = await OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await CloseAllAsync();
        await DropAsync();
        memories.Dispose();
        GC.SuppressFinalize(this);
    }

    protected async Task<ILedgerStore> OpenAsync(TimeProvider? clock = null, NodeMemory? remembered = null) =>
        (await OpenWithReportAsync(clock, remembered)).Store;

    protected async Task<(ILedgerStore Store, LedgerOpening Report)> OpenWithReportAsync(TimeProvider? clock = null, NodeMemory? remembered = null)
    {
        var store = Connect(clock ?? Time);
        stores.Add(store);
        return (store, await store.OpenAsync(remembered ?? NodeMemory.Empty, Ct));
    }

    protected async Task CloseAllAsync()
    {
        foreach (var store in stores) await store.DisposeAsync();
        stores.Clear();
    }

    protected async Task ReopenAsync(NodeMemory? remembered = null)
    {
        await CloseAllAsync();
        Store = await OpenAsync(remembered: remembered);
    }

    protected Ledger StartLedger(Action<IReadOnlyList<Revocation>>? committed = null) => new(Store, committed ?? (_ => { }), NullLogger<Ledger>.Instance);

    /// <summary>One transaction.</summary>
    protected Task<T> Commit<T>(Func<ILedgerTransaction, ValueTask<T>> work) => CommitTo(Store, work);

    protected static async Task<T> CommitTo<T>(ILedgerStore store, Func<ILedgerTransaction, ValueTask<T>> work)
    {
        T result = default!;
        await store.CommitAsync(async transaction => result = await work(transaction));
        return result;
    }

    protected async Task<IReadOnlyList<Revocation>> Commit(Action<ILedgerTransaction> work) => await Store.CommitAsync(transaction =>
    {
        work(transaction);
        return ValueTask.CompletedTask;
    });

    protected User NewUser(string issuer = Us)
    {
        var id = Id.New<UserId>(Time.GetUtcNow());
        var number = ++users;
        return new()
        {
            Id = id,
            Issuer = issuer,
            Subject = issuer == Us ? id.ToString() : $"subject-{number}",
            Email = issuer == Us ? $"user{number}@example.org" : null,
            Name = $"User {number}",
            PasswordHash = issuer == Us ? "hash" : null,
            CreatedAt = Time.Millisecond,
        };
    }

    protected Session NewSession(User user, DateTimeOffset? at = null, string client = Web, string? outsideId = null, TimeSpan? idle = null)
    {
        var opened = at ?? Time.Millisecond;
        return new()
        {
            Id = Id.New<SessionId>(opened),
            User = user.Id,
            Issuer = user.Issuer,
            OutsideId = outsideId,
            Subject = user.Subject,
            Client = client,
            DeviceName = "Firefox on Linux",
            UserAgent = "Mozilla/5.0",
            Address = "203.0.113.7",
            OpenedAt = opened,
            AuthenticatedAt = opened,
            LastSeenAt = opened,
            ExpiresAt = opened + (idle ?? TimeSpan.FromDays(7)),
            AbsoluteExpiresAt = opened.AddDays(30),
            LastTokenExpiresAt = opened.AddMinutes(15),
            Secret = [1, 2, 3, 4],
            Generations = new(1, null, null),
        };
    }

    protected Revocation Ending(
        RevocationScope scope, string key, string issuer = Us, SessionId? upTo = null, long? upToSecond = null, string? except = null, DateTimeOffset? at = null)
    {
        var time = at ?? Time.Millisecond;
        return new()
        {
            Event = Id.New<EventId>(time),
            Scope = scope,
            Issuer = issuer,
            Key = key,
            UpTo = upTo,
            UpToSecond = upToSecond,
            Except = except,
            Expires = time.AddMinutes(17),
            At = time,
            Reason = scope == RevocationScope.Everyone ? EndReason.Everyone : EndReason.LogoutAll,
        };
    }

    /// <summary>A cut-off over all sessions of a user up to now.</summary>
    protected Revocation CutOff(User user, SessionId? upTo = null, string? except = null, DateTimeOffset? at = null)
    {
        var time = at ?? Time.Millisecond;
        return Ending(RevocationScope.User, user.Subject, user.Issuer, upTo ?? SessionId.From(Uuid7.Last(time)), time.ToUnixTimeSeconds(), except, time);
    }

    protected static Session Ended(Session session, Revocation by) => session with { End = new(by.Event, by.At, by.Reason) };

    protected AuditEntry Entry(string action = AuditActions.SignedIn, User? user = null, DateTimeOffset? at = null) => new()
    {
        At = at ?? Time.Millisecond,
        Action = action,
        By = user is null ? Actor.Nobody : new(ActorKind.User, user.Id),
        User = user?.Id,
        Address = "203.0.113.7",
        UserAgent = "Mozilla/5.0",
    };

    protected Task<Revocation> AppendAsync(Revocation revocation) => Commit(transaction => new ValueTask<Revocation>(transaction.Append(revocation)));

    protected Task<long> CountAsync(EndScope scope) => Commit(transaction => transaction.CountAliveAsync(scope));
}
