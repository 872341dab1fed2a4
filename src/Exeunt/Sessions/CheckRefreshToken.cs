using Exeunt.Accounts;
using Exeunt.Guard;
using Exeunt.Hosting;
using Exeunt.Keys;
using Exeunt.Storage;

namespace Exeunt.Sessions;

/// <summary>Whether a refresh token is worth something now, without turning it: nothing is written, and a token that shows a theft only is worth nothing.</summary>
internal sealed class CheckRefreshToken(Ledger ledger, ServerKeys keys, RevocationIndex index, ExeuntOptions options)
{
    /// <summary>The session of the token and whose it is, if a refresh with it would succeed now; otherwise null.</summary>
    /// <param name="token">Sealed by this server.</param>
    /// <param name="userAgent">What the device that holds it calls itself; null when that is not known, and then it is taken for the right one.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="LedgerUnavailableException">Nobody can say now.</exception>
    public async ValueTask<(Session Session, User User)?> FindAliveAsync(RefreshToken token, string? userAgent, CancellationToken ct)
    {
        if (await ledger.Reads.FindSessionAsync(token.Session, ct) is not { End: null, Session: var session } || !token.IsMadeWith(keys, session.Secret)) return null;

        // The index may know of an ending before the ledger that was read.
        if (index.IsRevoked(session.Facts)) return null;

        var sameDevice = userAgent is null || DeviceKind.Of(userAgent) == DeviceKind.Of(session.UserAgent);
        var limits = SessionLimits.Of(options, session.Client);
        if (Rotation.Decide(session.Generations, token.Generation, sameDevice, ledger.Clock.GetUtcNow(), limits.Window) is RotationVerdict.Theft) return null;

        return await ledger.Reads.FindUserAsync(session.User, ct) is { DisabledAt: null } user ? (session, user) : null;
    }
}
