using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Guard;
using Exeunt.Hosting;
using Exeunt.Keys;
using Exeunt.LoadBench.Load;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Exeunt.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Exeunt.LoadBench.Prepared;

/// <summary>
/// The product's own classes on a data folder, without its HTTP and its jobs. It fills folders for servers that start on them afterwards, and is measured
/// itself where HTTP would only be in the way.
/// </summary>
internal sealed class Kernel : IAsyncDisposable
{
    /// <summary>The issuer of every server that is measured, so that tokens of one folder fit whatever port is free.</summary>
    public const string Issuer = "http://127.0.0.1:8080";

    /// <summary>How many sessions one account may have while it is measured.</summary>
    public const int SessionsPerAccount = 1_000_000;

    private const int AtATime = 512;

    private static readonly Origin From = new("127.0.0.1", "bench");

    private readonly ExeuntOptions options = new() { Server = { Issuer = Issuer }, Sessions = { PerAccount = SessionsPerAccount } };
    private readonly ILedgerStore store;
    private readonly ServerKeys keys;
    private readonly Ledger grouping;
    private readonly Ledger single;
    private readonly OpenSession openSession;

    private Kernel(DataFolder folder, ILedgerStore store)
    {
        this.store = store;
        var ring = KeyRing.Open(folder.Keys(store), KeyPolicy.Of(options), store.Clock.GetUtcNow(), out _);
        (keys, Signing) = (ring.Secrets, ring.Signing);
        Rules = new(options, Issuer);
        var index = new RevocationIndex();
        grouping = new(store, index.Apply, NullLogger<Ledger>.Instance);
        single = new(store, index.Apply, NullLogger<Ledger>.Instance, largestBatch: 1);
        Grouping = new(grouping, Rules);
        OneCommitEach = new(single, Rules);
        openSession = new(grouping, Grouping, options);
    }

    /// <summary>The door as it is in the product.</summary>
    public Revoker Grouping { get; }

    /// <summary>The same door on the same database with a commit for every ending.</summary>
    public Revoker OneCommitEach { get; }

    /// <summary>The ledger by itself, for what is written past the door: rows of a past that nobody lived through.</summary>
    public ILedgerStore Store => store;

    /// <summary>The writer of the product.</summary>
    public Ledger Ledger => grouping;

    public RevocationRules Rules { get; }

    public SigningKeys Signing { get; }

    public static async Task<Kernel> OpenAsync(DataFolder folder)
    {
        var opened = folder.Connect(TimeProvider.System);
        await opened.OpenAsync(NodeMemory.Empty, CancellationToken.None);
        return new(folder, opened);
    }

    /// <summary>A new account with so many sessions, each opened as a sign-in opens it.</summary>
    public async Task<Account> AddAccountAsync(int sessions)
    {
        var user = await grouping.RunAsync(transaction =>
        {
            var id = Id.New<UserId>(transaction.Now);
            var added = new User { Id = id, Issuer = Issuer, Subject = id.ToString(), Email = $"{id}@example.com", CreatedAt = transaction.Now };
            transaction.Insert(added);
            return new ValueTask<User>(added);
        });

        var opened = new Session[sessions];
        await ClosedLoop.RunAsync(sessions, AtATime, async (_, i) => opened[i] = await OpenSessionAsync(user));
        return new(user, [.. opened.Select(session => session.Id)], [.. opened.Select(RefreshTokenOf)]);
    }

    /// <summary>Ends one session as a logout by refresh token does.</summary>
    public static async Task EndAsync(Revoker door, SessionId session)
    {
        var outcome = await door.EndAsync(new()
        {
            Scope = new EndScope.OneSession(session),
            By = new(ActorKind.User, Session: session),
            Reason = EndReason.User,
            From = From,
            OwnSessionOnly = true,
        });
        if (outcome is not EndOutcome.Ended) throw new InvalidDataException($"The session did not end: {outcome}.");
    }

    /// <summary>Ends all sessions of an account, asked for by one of them, and says how many those were.</summary>
    public async Task<long> EndAllAsync(Account account)
    {
        var outcome = await Grouping.EndAsync(new()
        {
            Scope = new EndScope.AllOf(account.User.Id),
            By = new(ActorKind.User, account.User.Id, account.Sessions[0]),
            Reason = EndReason.LogoutAll,
            From = From,
        });
        return outcome is EndOutcome.Ended ended ? ended.Count : throw new InvalidDataException($"The sessions did not end: {outcome}.");
    }

    /// <summary>Where the revocation log has come to.</summary>
    public async Task<int> RevocationsAsync() => (await store.RevocationsAfterAsync(0, int.MaxValue, CancellationToken.None)).Count;

    public async ValueTask DisposeAsync()
    {
        await grouping.DisposeAsync();
        await single.DisposeAsync();
        await store.DisposeAsync();
    }

    // As a sign-in does.
    private async Task<Session> OpenSessionAsync(User user) =>
        (await openSession.HandleAsync(user, new(null, null, From, options.Tokens.Lifetime)) ?? throw new InvalidOperationException("The session was not opened.")).Session;

    private string RefreshTokenOf(Session session) => RefreshToken.Write(keys, session.Id, session.Generations.Current, session.Secret);
}

/// <summary>An account with what its devices hold.</summary>
/// <param name="User">The account.</param>
/// <param name="Sessions">Its sessions.</param>
/// <param name="RefreshTokens">The refresh token of each.</param>
internal sealed record Account(User User, IReadOnlyList<SessionId> Sessions, IReadOnlyList<string> RefreshTokens);
