using Exeunt.Hosting;
using Exeunt.Keys;
using Exeunt.Storage;
using Exeunt.Storage.Journal;

namespace Exeunt.Server;

/// <summary>The ledger of a server at its start. A server that has run before starts without it as well: logouts must be taken (P2).</summary>
/// <param name="Opening">The ledger, open or opening itself when it is back, and what opening found.</param>
/// <param name="Urls">What to listen on: a first start without an issuer settles the port.</param>
/// <param name="WhyAway">Why it is not open; null when it is.</param>
internal sealed record OpenLedger(OpenedLedger Opening, string Urls, string? WhyAway)
{
    /// <summary>The ledger.</summary>
    public ILedgerStore Store => Opening.Store;

    /// <summary>Whether it could not be opened.</summary>
    public bool IsAway => WhyAway is not null;

    /// <summary>Opens it and settles the issuer.</summary>
    /// <param name="folder">Where it is.</param>
    /// <param name="options">Checked, but for the issuer.</param>
    /// <param name="urls">What the server listens on.</param>
    /// <param name="made">The ledger, not open yet, and how to open its keys. It is closed when opening fails.</param>
    /// <param name="opened">Called when it is opened only later, before anybody uses it.</param>
    /// <param name="ct">Stops opening.</param>
    /// <exception cref="StartRefused">It cannot be worked with, or it is away and this folder has never been served.</exception>
    public static async Task<OpenLedger> OpenAsync(
        DataFolder folder, ExeuntOptions options, string urls, (ILedgerStore Store, Func<IKeyVault> Vault) made, Func<OpenedLedger, ILedgerStore, Task> opened, CancellationToken ct)
    {
        var (store, vault) = made;
        var remembered = NodeMemoryKeeper.Read(folder.Memory, out var damaged);
        try
        {
            var opening = await store.OpenAsync(remembered, ct);
            var settled = await OwnIssuer.SettleAsync(options, urls, store, ct);
            OwnIssuer.Remember(options, folder);
            return new(Found(opening), settled, WhyAway: null);
        }
        catch (LedgerUnavailableException away) when (File.Exists(folder.Issuer) && !away.IsForGood)
        {
            OwnIssuer.SettleFrom(options, folder, away.Message);
            foreach (var revocation in remembered.Revocations) store.Clock.NotBefore(revocation.At); // what it would have been told by the ledger
            var late = new LateStore(store, remembered, LaterAsync);
            return new(new(late, vault, Created: false, RolledBack: false, TakenBack: 0, damaged), urls, away.Message);
        }
        catch (Exception failure)
        {
            await store.DisposeAsync();
            if (failure is LedgerUnavailableException or InvalidDataException or IOException or UnauthorizedAccessException)
                throw LedgerOpener.Refused(folder, options.Ledger, failure);
            throw;
        }

        OpenedLedger Found(LedgerOpening opening) => new(store, vault, opening.Created, opening.RolledBack, opening.TakenBack, damaged);

        // Whoever has put another database in its place is told so, again and again, and nobody is let into it.
        async Task LaterAsync(LedgerOpening opening, CancellationToken stop)
        {
            try
            {
                await OwnIssuer.SettleAsync(options, urls, store, stop);
            }
            catch (StartRefused mistake)
            {
                throw new LedgerUnavailableException(mistake.Message, mistake);
            }

            await opened(Found(opening), store);
        }
    }
}
