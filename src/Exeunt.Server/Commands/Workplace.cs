using Exeunt.Accounts;
using Exeunt.Guard;
using Exeunt.Hosting;
using Exeunt.Keys;
using Exeunt.Protocol.Ids;
using Exeunt.Storage;

namespace Exeunt.Server.Commands;

/// <summary>
/// What a command works with: the same parts as the server's, over the same ledger. A server may be running beside it; the database's locks order what both
/// write, and <see cref="TellServerAsync"/> lets the server know at once.
/// </summary>
internal sealed class Workplace : IAsyncDisposable
{
    private readonly DataFolder folder;
    private readonly ServiceProvider parts;

    private Workplace(DataFolder folder, ServiceProvider parts, Output output) => (this.folder, this.parts, Output) = (folder, parts, output);

    public Output Output { get; }

    public DataFolder Folder => folder;

    public Ledger Ledger => Get<Ledger>();

    /// <summary>How many endings that only this node still knew were written back when it was opened.</summary>
    public int TakenBack { get; private init; }

    /// <summary>A part of the product.</summary>
    public T Get<T>()
        where T : notnull => parts.GetRequiredService<T>();

    public static Task<Workplace> OpenAsync(string data, string? state, IReadOnlyDictionary<string, string?> overrides, Output output, CancellationToken ct)
    {
        var options = ReadOptions(overrides);
        return OpenAsync(options.Ledger.Postgres is null ? DataFolder.OpenExisting(data, state) : DataFolder.Open(data, state), options, output, putBack: false, ct);
    }

    /// <summary>The same over a folder whose ledger was moved away; it opens for nobody else until it is unsealed.</summary>
    public static Task<Workplace> PutBackAsync(DataFolder folder, IReadOnlyDictionary<string, string?> overrides, Output output, CancellationToken ct) =>
        OpenAsync(folder, ReadOptions(overrides), output, putBack: true, ct);

    private static async Task<Workplace> OpenAsync(DataFolder opened, ExeuntOptions options, Output output, bool putBack, CancellationToken ct)
    {
        var opening = await LedgerOpener.OpenAsync(opened, options.Ledger, TimeProvider.System, ct, putBack);
        var store = opening.Store;
        try
        {
            await OwnIssuer.SettleAsync(options, urls: null, store, ct);
            var keys = LedgerOpener.OpenKeys(() => KeyRing.Peek(opening.Vault(), KeyPolicy.Of(options), store.Clock.GetUtcNow(), out _));
            var services = new ServiceCollection().AddLogging();
            services.AddExeunt(options, store.Clock, () => store, new RevocationIndex(), () => keys);
            var workplace = new Workplace(opened, services.BuildServiceProvider(), output) { TakenBack = opening.TakenBack };
            if (opening.RolledBack && !putBack) await workplace.NoticeRolledBackAsync(store, opening.TakenBack, ct);
            return workplace;
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }

    /// <summary>The settings of files, environment and command line, checked.</summary>
    /// <exception cref="StartRefused">They hold a mistake.</exception>
    public static ExeuntOptions ReadOptions(IReadOnlyDictionary<string, string?> overrides)
    {
        var configuration = new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true, reloadOnChange: false)
            .AddEnvironmentVariables()
            .AddInMemoryCollection(overrides)
            .Build();
        var options = Settings.Read(configuration, out var mistakes);
        return mistakes.Count == 0 ? options : throw new StartRefused(mistakes);
    }

    /// <summary>The account of an id or an e-mail address.</summary>
    /// <exception cref="NotDoneException">There is none.</exception>
    public async Task<User> UserAsync(string named, CancellationToken ct)
    {
        var user = UserId.TryParse(named, null, out var id) ? await Ledger.Reads.FindUserAsync(id, ct) : await Ledger.Reads.FindUserByEmailAsync(User.Normalize(named), ct);
        return user ?? throw new NotDoneException($"There is no account '{named}'.");
    }

    /// <summary>Lets a running server take in what was just committed. When this returns, the next request to it is judged by it.</summary>
    /// <exception cref="NotDoneException">A server is running and does not answer.</exception>
    public async Task TellServerAsync(CancellationToken ct)
    {
        try
        {
            await ControlSocket.TellAsync(folder, ct);
        }
        catch (IOException failure)
        {
            throw new NotDoneException($"It is recorded, but the running server has not confirmed that it knows ({failure.Message}); it looks by itself within a second.");
        }
    }

    public ValueTask DisposeAsync() => parts.DisposeAsync();

    private async Task NoticeRolledBackAsync(ILedgerStore store, int takenBack, CancellationToken ct)
    {
        await Console.Error.WriteLineAsync($"THE DATABASE WAS PUT BACK FROM AN OLDER COPY. A new epoch begins; {takenBack} endings that this node still knew were written back.");
        if (!folder.IsServed()) await new NodeMemoryKeeper(folder.Memory, store, Get<ILogger<NodeMemoryKeeper>>()).BeginAsync(ct);
    }
}
