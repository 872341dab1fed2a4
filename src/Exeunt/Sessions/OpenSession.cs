using System.Security.Cryptography;
using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Hosting;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Storage;

namespace Exeunt.Sessions;

/// <summary>What a sign-in brings along.</summary>
/// <param name="Client">The client application; null for <see cref="DefaultClient"/>.</param>
/// <param name="DeviceName">What the person calls the device; null when not said.</param>
/// <param name="From">Where from.</param>
/// <param name="TokenLifetime">How long its access tokens live.</param>
public sealed record SignInContext(string? Client, string? DeviceName, Origin From, TimeSpan TokenLifetime)
{
    /// <summary>The client of those who name none.</summary>
    public const string DefaultClient = "default";

    /// <summary>Whether the session can be refreshed. One that cannot ends with its only access token. Default true.</summary>
    public bool HasRefresh { get; init; } = true;
}

/// <summary>A session together with whose it is, as of one transaction.</summary>
/// <param name="Session">Alive.</param>
/// <param name="User">Not disabled.</param>
/// <param name="Generation">Which refresh token to hand out.</param>
/// <param name="At">Ledger time of the transaction.</param>
public sealed record LiveSession(Session Session, User User, uint Generation, DateTimeOffset At);

/// <summary>
/// Opens a session for somebody whose password has just been checked. The check is slow and happens outside; so the account is looked at once more inside
/// the transaction, and the new id is made greater than every cut-off over it: a login that races a logout-all is wholly ended or wholly alive.
/// </summary>
public sealed class OpenSession(Ledger ledger, Revoker revoker, ExeuntOptions options)
{
    /// <summary>Null when the account was disabled or its password changed since it was checked.</summary>
    public async Task<LiveSession?> HandleAsync(User verified, SignInContext context)
    {
        var live = await ledger.RunAsync(transaction => OpenAsync(transaction, verified, context));
        if (live is not null) revoker.Opened(live.Session.Id);
        return live;
    }

    private async ValueTask<LiveSession?> OpenAsync(ILedgerTransaction transaction, User verified, SignInContext context)
    {
        var user = await transaction.UserAsync(verified.Id);
        if (user is null || user.DisabledAt is not null || user.PasswordHash != verified.PasswordHash) return null;

        var now = transaction.Now;
        var client = context.Client ?? SignInContext.DefaultClient;
        var limits = SessionLimits.Of(options, client);
        await EndOldestBeyondAsync(transaction, user, limits.PerAccount);

        var session = await NewAsync(transaction, user, client, context, limits);
        transaction.Insert(session);
        transaction.TokenLivesUntil(session.LastTokenExpiresAt);
        transaction.Append(new AuditEntry
        {
            At = now,
            Action = AuditActions.SignedIn,
            By = new(ActorKind.User, user.Id, session.Id),
            User = user.Id,
            Session = session.Id,
            Client = client,
            Device = DeviceKind.Of(context.From.UserAgent),
            Address = context.From.Address,
            UserAgent = context.From.UserAgent,
        });
        return new LiveSession(session, user, session.Generations.Current, now);
    }

    private async ValueTask EndOldestBeyondAsync(ILedgerTransaction transaction, User user, int most)
    {
        var alive = await transaction.CountAliveAsync(new EndScope.AllOf(user.Id));
        for (; alive >= most && await transaction.OldestAliveAsync(user.Id) is { } oldest; alive--)
        {
            revoker.End(transaction, new() { Scope = new EndScope.OneSession(oldest.Id), By = Actor.Job("session limit"), Reason = EndReason.SessionLimit, From = Origin.Here }, oldest);
        }
    }

    private static async ValueTask<Session> NewAsync(ILedgerTransaction transaction, User user, string client, SignInContext context, SessionLimits limits)
    {
        var now = transaction.Now;
        var id = Id.New<SessionId>(now);

        // Within the millisecond of a cut-off, chance would put half of the new ids under it: those are taken from the next one.
        if (await transaction.HighestCutOffAsync(user.Issuer, user.Subject, client) is { } cutOff && id.Value <= cutOff.Value)
            id = Id.New<SessionId>(Uuid7.TimeOf(cutOff.Value).AddMilliseconds(1));

        var absolute = now + (context.HasRefresh || limits.Absolute < context.TokenLifetime ? limits.Absolute : context.TokenLifetime);
        var expires = context.HasRefresh ? limits.ExpiryAfterUse(now, absolute) : absolute;
        return new()
        {
            Id = id,
            User = user.Id,
            Issuer = user.Issuer,
            Subject = user.Subject,
            Client = client,
            DeviceName = context.DeviceName,
            UserAgent = context.From.UserAgent,
            Address = context.From.Address,
            OpenedAt = now,
            AuthenticatedAt = now,
            LastSeenAt = now,
            ExpiresAt = expires,
            AbsoluteExpiresAt = absolute,
            LastTokenExpiresAt = TokenMint.ExpiryOf(now, context.TokenLifetime, expires),
            Secret = RandomNumberGenerator.GetBytes(32),
        };
    }
}
