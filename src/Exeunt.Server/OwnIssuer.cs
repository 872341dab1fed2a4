using System.Text;
using Exeunt.Hosting;
using Exeunt.Storage;

namespace Exeunt.Server;

/// <summary>
/// The issuer is part of every account and token. When nobody says it, it is the one that the ledger's accounts were made under, so that a server that moves
/// to another port does not disown its people; when somebody says another one, the start is refused.
/// </summary>
internal static class OwnIssuer
{
    private const int PageSize = 200;

    /// <summary>Decides on <see cref="ServerOptions.Issuer"/> and writes it into the options.</summary>
    /// <param name="options">Checked, but for the issuer.</param>
    /// <param name="urls">What the server listens on; null for a command.</param>
    /// <param name="reads">The ledger.</param>
    /// <param name="ct">Stops reading.</param>
    /// <returns>What to listen on: a port that was left to the system is chosen here when the issuer has to name it.</returns>
    /// <exception cref="StartRefused">It is missing, or not the one of the ledger's accounts.</exception>
    public static async Task<string> SettleAsync(ExeuntOptions options, string? urls, ILedgerReads reads, CancellationToken ct)
    {
        var known = await OfLedgerAsync(reads, ct);
        if (options.Server.Issuer is { } given && known is not null && given != known)
            throw new StartRefused($"{ExeuntOptions.Section}:Server:Issuer: is {given}, but the accounts of this ledger were made under {known}; set it to that.");

        urls ??= ServeSettings.DefaultUrls;
        options.Server.Issuer ??= known;
        if (options.Server.Issuer is not null) return urls;

        if (ListenAddresses.Issuer(urls) is null)
            throw new StartRefused($"{ExeuntOptions.Section}:Server:Issuer: must be given when the server listens on every address; write how the world calls it: https://login.example.com");
        urls = ListenAddresses.WithFirstPort(urls);
        options.Server.Issuer = ListenAddresses.Issuer(urls);
        return urls;
    }

    /// <summary>The same while the ledger is away: what was settled when the server ran last.</summary>
    /// <exception cref="StartRefused">It never ran on this folder, or under another issuer than the one given.</exception>
    public static void SettleFrom(ExeuntOptions options, DataFolder folder, string why)
    {
        if (!File.Exists(folder.Issuer)) throw new StartRefused($"--data: the ledger in {folder.Path} cannot be opened: {why}");
        var known = File.ReadAllText(folder.Issuer).Trim();
        if (options.Server.Issuer is { } given && given != known)
            throw new StartRefused($"{ExeuntOptions.Section}:Server:Issuer: is {given}, but this server ran under {known}; set it to that.");
        options.Server.Issuer = known;
    }

    /// <summary>Keeps it for a start without the ledger.</summary>
    public static void Remember(ExeuntOptions options, DataFolder folder)
    {
        if (File.Exists(folder.Issuer) && File.ReadAllText(folder.Issuer).Trim() == options.Server.Issuer) return;
        PrivateFiles.Replace(folder.Issuer, Encoding.UTF8.GetBytes(options.Server.Issuer + "\n"));
    }

    // The oldest accounts come first, and the first one is nearly always the administrator's; mirrored people have no password.
    private static async Task<string?> OfLedgerAsync(ILedgerReads reads, CancellationToken ct)
    {
        string? cursor = null;
        do
        {
            var page = await reads.UsersAsync(new(Limit: PageSize, Cursor: cursor), ct);
            if (page.Items.FirstOrDefault(user => user.PasswordHash is not null) is { } own) return own.Issuer;
            cursor = page.Next;
        }
        while (cursor is not null);
        return null;
    }
}
