using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Guard;
using Exeunt.Hosting;
using Exeunt.Keys;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Jose;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Exeunt.Sqlite;
using Exeunt.Sqlite.Files;
using Exeunt.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Exeunt.Tests.Support;

/// <summary>The product without HTTP and without anything that runs by itself: a real SQLite file in a temporary folder, and a clock that stands.</summary>
internal sealed class World : IAsyncDisposable
{
    public const string Us = "https://us.example";

    private readonly TemporaryFolder folder = new();
    private int users;

    private World(ExeuntOptions options)
    {
        Options = options;
        Store = new SqliteLedger(DatabasePath, Clock);
        Rules = new(options, Us);
        Ledger = new(Store, Index.Apply, NullLogger<Ledger>.Instance);
        Revoker = new(Ledger, Rules);
        SigningKey = SigningKey.Generate();
        Keys = new(SigningKey, new JwkSet(SigningKey.Public));
    }

    public ExeuntOptions Options { get; }

    public TestClock Clock { get; } = new();

    public SqliteLedger Store { get; }

    public RevocationIndex Index { get; } = new();

    public Ledger Ledger { get; }

    public RevocationRules Rules { get; }

    public Revoker Revoker { get; }

    public SigningKey SigningKey { get; }

    public SigningKeys Keys { get; }

    public string DatabasePath => Path.Combine(folder.Path, "exeunt.db");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static async Task<World> OpenAsync(ExeuntOptions? options = null)
    {
        var world = new World(options ?? new());
        await world.Store.OpenAsync(NodeMemory.Empty, Ct);
        return world;
    }

    public Task<User> AddUserAsync(string? email = null, params string[] roles) => Ledger.RunAsync(transaction =>
    {
        var id = Id.New<UserId>(transaction.Now);
        var user = new User
        {
            Id = id,
            Issuer = Us,
            Subject = id.ToString(),
            Email = email ?? $"user{++users}@example.com",
            Roles = roles,
            CreatedAt = transaction.Now,
        };
        transaction.Insert(user);
        return new ValueTask<User>(user);
    });

    /// <summary>Opens a session as a sign-in does.</summary>
    public async Task<Session> SignInAsync(User user, string client = "web", Origin? from = null)
    {
        var context = new SignInContext(client, null, from ?? new("192.0.2.7", "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0"), Options.Tokens.Lifetime);
        var live = await new OpenSession(Ledger, Revoker, Options).HandleAsync(user, context);
        return live!.Session;
    }

    public Task<EndOutcome> EndAsync(EndScope scope, EndReason reason = EndReason.Admin) =>
        Revoker.EndAsync(new() { Scope = scope, By = Actor.Operator, Reason = reason, From = Origin.Here });

    public Task<string?> SignCheckpointAsync() => new SignCheckpoint(Ledger, Keys, Rules).HandleAsync();

    public Task<AuditVerdict> VerifyAsync(string? against = null) => new VerifyAudit(Store, Keys).HandleAsync(against, null, Ct);

    public async Task<JudgedSession> LookAsync(Session session) => (await Store.FindSessionAsync(session.Id, Ct))!;

    /// <summary>All entries, oldest first.</summary>
    public async Task<IReadOnlyList<AuditRecord>> TrailAsync(AuditQuery? query = null)
    {
        List<AuditRecord> all = [];
        var page = await Store.AuditAsync(query ?? new(), Ct);
        for (all.AddRange(page.Items); page.Next is not null; all.AddRange(page.Items)) page = await Store.AuditAsync((query ?? new()) with { Cursor = page.Next }, Ct);
        return all;
    }

    /// <summary>Edits the database file from outside, as somebody who has got hold of it.</summary>
    public void Tamper(Action<Database> edit)
    {
        using var db = Database.OpenWriter(DatabasePath, TimeSpan.FromSeconds(5));
        db.Execute("pragma foreign_keys = off");
        edit(db);
    }

    public async ValueTask DisposeAsync()
    {
        await Ledger.DisposeAsync();
        await Store.DisposeAsync();
        folder.Dispose();
    }
}
