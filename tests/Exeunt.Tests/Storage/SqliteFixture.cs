using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Protocol.Ids;
using Exeunt.Sqlite;
using Exeunt.Sqlite.Files;
using Exeunt.Storage;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Storage;

/// <summary>A ledger on a SQLite file of its own, and a way to its connection.</summary>
public abstract class SqliteFixture : IAsyncLifetime
{
    protected const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string root = Directory.CreateTempSubdirectory("exeunt-sqlite-").FullName;
    private readonly TestClock time = new(new(2026, 3, 14, 9, 26, 53, TimeSpan.Zero));

    /// <summary>A folder for everything of this test.</summary>
    protected string Root => root;

    /// <summary>The open ledger.</summary>
    protected SqliteLedger Store { get; private set; } = null!;

    protected string Folder => Path.Combine(root, "data");

    protected string File => Path.Combine(Folder, "exeunt.db");

    protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Store = Connect(File);
        await Store.OpenAsync(NodeMemory.Empty, Ct);
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        Directory.Delete(root, recursive: true);
        GC.SuppressFinalize(this);
    }

    protected SqliteLedger Connect(string path, TimeSpan? lockWait = null) => new(path, time, lockWait ?? TimeSpan.FromMilliseconds(20));

    protected async Task ReopenAsync()
    {
        Store = Connect(File);
        await Store.OpenAsync(NodeMemory.Empty, Ct);
    }

    protected AuditEntry Entry(UserId? user) => new() { At = time.Millisecond, Action = AuditActions.SignedIn, By = Actor.Operator, User = user };

    protected async Task<User> RecordAsync(string? claimed = null)
    {
        var id = Id.New<UserId>(time.Millisecond);
        var user = new User { Id = id, Issuer = "us", Subject = id.ToString(), CreatedAt = time.Millisecond };
        await Store.CommitAsync(transaction =>
        {
            transaction.Insert(user);
            transaction.Append(Entry(id) with { By = new(ActorKind.User, id), Claimed = claimed });
            return ValueTask.CompletedTask;
        });
        return user;
    }

    private protected async Task OnConnectionAsync(Action<Database> act) => await Store.CommitAsync(transaction =>
    {
        act(((SqliteTransaction)transaction).Database);
        return ValueTask.CompletedTask;
    });
}
