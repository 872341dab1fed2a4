using System.Security.Cryptography;
using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Hosting;
using Exeunt.Keys;
using Exeunt.Postgres;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Exeunt.Storage;
using Exeunt.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Exeunt.Tests.Storage;

/// <summary>A database of its own and nodes that share it, each with its own ledger, as separate servers have.</summary>
public abstract class PostgresFixture : IAsyncLifetime
{
    protected const string Us = "https://us.example";

    private readonly List<IAsyncDisposable> open = [];

    protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>The server, shared with other tests.</summary>
    protected PostgresServer Server { get; private set; } = null!;

    /// <summary>The database's connection string.</summary>
    protected string Database { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        Server = await PostgresServer.SharedAsync();
        Database = await Server.NewDatabaseAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var one in Enumerable.Reverse(open)) await one.DisposeAsync();
        await Server.DropDatabaseAsync(PostgresSettings.Parse(Database).Database!);
        GC.SuppressFinalize(this);
    }

    /// <summary>A node whose clock is wrong by so much.</summary>
    /// <param name="name">Of the node.</param>
    /// <param name="wrongBy">Ahead of the real time; behind it when negative.</param>
    /// <param name="believesIt">Whether it goes by its own clock all the same: it lives at another time.</param>
    protected async Task<Node> StartNodeAsync(string name, TimeSpan wrongBy = default, bool believesIt = false)
    {
        var store = new PostgresLedger(new(Database, name, FollowDatabaseClock: !believesIt), new WrongClock(wrongBy));
        open.Add(store);
        await store.OpenAsync(NodeMemory.Empty, Ct);
        var ledger = new Ledger(store, _ => { }, NullLogger<Ledger>.Instance);
        open.Add(ledger);
        return new(store, ledger);
    }

    internal static Revocation Point(string key, DateTimeOffset at) => new()
    {
        Event = Id.New<EventId>(at),
        Scope = RevocationScope.Token,
        Issuer = Us,
        Key = key,
        Expires = at.AddHours(1),
        At = at,
        Reason = EndReason.User,
    };

    /// <summary>One node and the parts of the product that the tests drive.</summary>
    protected sealed class Node
    {
        private static readonly ServerKeys Keys = new(new Dictionary<byte, byte[]> { [1] = RandomNumberGenerator.GetBytes(ServerKeys.SecretBytes) });
        private static readonly Origin From = new("203.0.113.7", "Mozilla/5.0");

        private readonly OpenSession openSession;
        private readonly RefreshSession refreshSession;

        public Node(PostgresLedger store, Ledger ledger)
        {
            (Store, Ledger) = (store, ledger);
            Rules = new(Options, Us);
            Revoker = new(ledger, Rules);
            openSession = new(ledger, Revoker, Options);
            refreshSession = new(ledger, Revoker, Keys, Options);
        }

        public ExeuntOptions Options { get; } = new();

        public PostgresLedger Store { get; }

        public Ledger Ledger { get; }

        public RevocationRules Rules { get; }

        public Revoker Revoker { get; }

        public Task<User> AddUserAsync() => Ledger.RunAsync(transaction =>
        {
            var id = Id.New<UserId>(transaction.Now);
            var user = new User { Id = id, Issuer = Us, Subject = id.ToString(), PasswordHash = "hash", CreatedAt = transaction.Now };
            transaction.Insert(user);
            return new ValueTask<User>(user);
        });

        public async Task<Session> OpenAsync(User user) =>
            (await openSession.HandleAsync(user, new(null, null, From, TimeSpan.FromMinutes(15))))!.Session;

        /// <summary>Refreshes with the token of a generation, as whoever holds it would.</summary>
        public async Task<RefreshOutcome> RefreshAsync(Session session, uint generation)
        {
            Assert.True(RefreshToken.TryOpen(Keys, RefreshToken.Write(Keys, session.Id, generation, session.Secret), out var token));
            return await refreshSession.HandleAsync(token, client: null, From);
        }

        public async Task<EndOutcome.Ended> EndAsync(EndScope scope) => Assert.IsType<EndOutcome.Ended>(await Revoker.EndAsync(new()
        {
            Scope = scope,
            By = Actor.Operator,
            Reason = EndReason.Admin,
            From = new(null, null),
        }));

        public async Task<bool> IsAliveAsync(Session session) => (await Store.FindSessionAsync(session.Id, Ct))!.End is null;
    }

    private sealed class WrongClock(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + by;
    }
}
