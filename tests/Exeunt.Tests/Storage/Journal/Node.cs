using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Authentication;
using Exeunt.Guard;
using Exeunt.Hosting;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Exeunt.Sqlite;
using Exeunt.Storage;
using Exeunt.Storage.Journal;
using Exeunt.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Exeunt.Tests.Storage.Journal;

using TestClock = Exeunt.Tests.Support.TestClock;

/// <summary>
/// One node's writing side without HTTP: a real ledger file that others may share, a real journal, and a recovery that runs when it is told to. Crashing it is
/// starting another one on the same files.
/// </summary>
internal sealed class Node : IAsyncDisposable
{
    public const string Us = "https://us.example";

    private readonly OpenSession open;

    private Node(string folder, TestClock clock, List<Revocation> memory, NodeSettings settings)
    {
        var options = new ExeuntOptions();
        var rules = new RevocationRules(options, Us);
        var sqlite = new SqliteLedger(Path.Combine(folder, "exeunt.db"), clock, settings.LockWait);
        Store = new LateStore(sqlite, NodeMemory.Empty, (_, _) => Task.CompletedTask);
        Outage = new(NullLogger<LedgerOutage>.Instance);
        Journal = new(Path.Combine(folder, "ending.journal"), settings.JournalBytes, Index.Apply, Outage, TimeProvider.System, NullLogger<EndingJournal>.Instance);
        Ledger = new(Store, Committed, NullLogger<Ledger>.Instance);
        Revoker = new(Ledger, rules, new JournaledEndings(Journal, Store, rules));
        Recovery = new(Ledger, Store, Outage, Journal, new(options), Steps, TimeProvider.System, NullLogger<LedgerRecovery>.Instance);
        open = new(Ledger, Revoker, options);

        void Committed(IReadOnlyList<Revocation> revocations)
        {
            Index.Apply(revocations);
            lock (memory) memory.AddRange(revocations);
        }
    }

    public LateStore Store { get; }

    public RevocationIndex Index { get; } = new();

    public LedgerOutage Outage { get; }

    public EndingJournal Journal { get; }

    public Ledger Ledger { get; }

    public Revoker Revoker { get; }

    public LedgerRecovery Recovery { get; }

    public RecoverySteps Steps { get; } = new();

    /// <summary>Starts as the server does: with the ledger if it can be opened, without it if not.</summary>
    /// <param name="folder">Of ledger and journal.</param>
    /// <param name="clock">Ledger time.</param>
    /// <param name="memory">What the node's memory file would hold.</param>
    /// <param name="settings">Defaults when null.</param>
    public static async Task<Node> StartAsync(string folder, TestClock clock, List<Revocation> memory, NodeSettings? settings = null)
    {
        settings ??= new();
        var node = new Node(folder, clock, memory, settings);
        node.Index.Apply(memory);
        node.Journal.Open();
        try
        {
            await node.Store.OpenAsync(NodeMemory.Empty, CancellationToken.None);
        }
        catch (LedgerUnavailableException away)
        {
            node.Outage.Begin(away.Message, clock.GetUtcNow());
        }

        node.Ledger.Watch(node.Outage, settings.Deadline, settings.Stopwatch);
        return node;
    }

    public Task<User> AddUserAsync() => Ledger.RunAsync(transaction =>
    {
        var id = Id.New<UserId>(transaction.Now);
        var user = new User { Id = id, Issuer = Us, Subject = id.ToString(), CreatedAt = transaction.Now };
        transaction.Insert(user);
        return new ValueTask<User>(user);
    });

    public async Task<Session> SignInAsync(User user) =>
        (await open.HandleAsync(user, new("web", null, new("192.0.2.7", "test"), TimeSpan.FromMinutes(15))))!.Session;

    /// <summary>What the seal of a refresh token allows.</summary>
    public Task<EndOutcome> LogOutAsync(Session session) => Revoker.EndAsync(new()
    {
        Scope = new EndScope.OneSession(session.Id),
        By = new(ActorKind.User, null, session.Id),
        Reason = EndReason.User,
        From = Origin.Here,
        OwnSessionOnly = true,
        Proof = new() { Issuer = Us, SessionKey = session.Id.ToString(), Session = session.Id, Generation = 0 },
    });

    /// <summary>What the signature of an unexpired access token allows.</summary>
    public Task<EndOutcome> LogOutEverywhereAsync(Session session) => Revoker.EndAsync(new()
    {
        Scope = new EndScope.AllOf(session.User),
        By = new(ActorKind.User, session.User, session.Id),
        Reason = EndReason.LogoutAll,
        From = Origin.Here,
        Proof = Proof.Of(
            new Identity(session.User, session.Id, Us, session.Subject, session.Client, [], null, session.LastTokenExpiresAt, null, null), expired: false),
    });

    public bool Refuses(Session session) => Index.IsRevoked(session.Facts);

    public async Task<SessionEnd?> EndOfAsync(Session session) => (await Store.FindSessionAsync(session.Id, CancellationToken.None))!.End;

    public async Task<IReadOnlyList<AuditEntry>> TrailAsync()
    {
        List<AuditEntry> all = [];
        string? cursor = null;
        do
        {
            var page = await Store.AuditAsync(new(Limit: 1000, Cursor: cursor), CancellationToken.None);
            all.AddRange(page.Items.Select(record => record.Entry));
            cursor = page.Next;
        }
        while (cursor is not null);
        return all;
    }

    public async ValueTask DisposeAsync()
    {
        await Ledger.DisposeAsync();
        await Store.DisposeAsync();
        Journal.Dispose();
        Recovery.Dispose();
    }
}

/// <summary>How a node is set up.</summary>
internal sealed record NodeSettings
{
    /// <summary>How long SQLite waits for another writer.</summary>
    public TimeSpan LockWait { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>How long a commit may take.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>What commits are timed by. It stands until a test moves it.</summary>
    public TestClock Stopwatch { get; } = new();

    public long JournalBytes { get; init; } = 512 * 1024;
}
