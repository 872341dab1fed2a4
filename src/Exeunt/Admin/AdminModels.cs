using Exeunt.Accounts;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Storage;

namespace Exeunt.Admin;

/// <summary>An account as administrators see it.</summary>
public sealed record AdminAccount(
    UserId Id, string Issuer, string Subject, string? Email, string? Name, IReadOnlyList<string> Roles, DateTimeOffset CreatedAt, DateTimeOffset? DisabledAt)
{
    /// <summary>The view of a user.</summary>
    public static AdminAccount Of(User user) => new(user.Id, user.Issuer, user.Subject, user.Email, user.Name, user.Roles, user.CreatedAt, user.DisabledAt);
}

/// <summary>A page of accounts.</summary>
public sealed record AdminAccounts(IReadOnlyList<AdminAccount> Accounts, string? Next);

/// <summary>One account with the newest of its sessions.</summary>
/// <param name="Account">The account.</param>
/// <param name="Alive">How many of its sessions are alive.</param>
/// <param name="Sessions">The newest, ended ones included while they are kept.</param>
/// <param name="Next">For the listing of sessions, when there are more.</param>
public sealed record AdminAccountDetail(AdminAccount Account, long Alive, IReadOnlyList<AdminSession> Sessions, string? Next);

/// <summary>A session as administrators see it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="User">Whose it is.</param>
/// <param name="Issuer">Who issues its tokens.</param>
/// <param name="OutsideId">The provider's name for it; left out for our own.</param>
/// <param name="Client">The client application.</param>
/// <param name="Device">What to call the device.</param>
/// <param name="Address">The address at sign-in.</param>
/// <param name="OpenedAt">When it was opened.</param>
/// <param name="LastSeenAt">When it was last used.</param>
/// <param name="ExpiresAt">When it ends unless it is used.</param>
/// <param name="Alive">Whether it is alive now.</param>
/// <param name="EndedAt">When it ended.</param>
/// <param name="EndReason">Why.</param>
/// <param name="EndEvent">The ending, to be found in the audit trail; left out while an expiry has not been recorded.</param>
public sealed record AdminSession(
    SessionId Id, UserId User, string Issuer, string? OutsideId, string Client, string Device, string? Address, DateTimeOffset OpenedAt,
    DateTimeOffset LastSeenAt, DateTimeOffset ExpiresAt, bool Alive, DateTimeOffset? EndedAt, string? EndReason, EventId? EndEvent)
{
    /// <summary>The view of a session.</summary>
    public static AdminSession Of(JudgedSession judged)
    {
        var (session, end) = judged;
        return new(
            session.Id, session.User, session.Issuer, session.OutsideId, session.Client, session.DeviceName ?? Sessions.DeviceKind.Of(session.UserAgent),
            session.Address, session.OpenedAt, session.LastSeenAt, session.ExpiresAt, end is null, end?.At, end?.Reason.ToWire(),
            end is null || end.Event == default ? null : end.Event);
    }
}

/// <summary>A page of sessions.</summary>
public sealed record AdminSessions(IReadOnlyList<AdminSession> Sessions, string? Next);

/// <summary>What an administrator wants to end.</summary>
/// <param name="Scope"><c>session</c>, <c>user</c>, <c>client</c>, <c>issuer</c> or <c>everyone</c>.</param>
/// <param name="Session">With scope <c>session</c>: which.</param>
/// <param name="User">With scope <c>user</c>: whose.</param>
/// <param name="Except">With scope <c>user</c>: a session to spare; optional.</param>
/// <param name="Client">With scope <c>client</c>: which client application.</param>
/// <param name="Issuer">With scope <c>issuer</c>: whose tokens.</param>
/// <param name="DryRun">True: only count what would end.</param>
public sealed record EndingRequest(string? Scope, SessionId? Session, UserId? User, SessionId? Except, string? Client, string? Issuer, bool DryRun);

/// <summary>What was ended, or would be.</summary>
/// <param name="DryRun">Whether nothing was changed.</param>
/// <param name="Ended">How many sessions were alive within the scope.</param>
/// <param name="Id">The ending; left out when nothing was changed.</param>
/// <param name="At">When, ledger time; left out when nothing was changed.</param>
/// <param name="Warning">For people, in a dry run: what was named is not known here, and may be a slip; left out when all is well.</param>
/// <param name="Receipt">Who enforces it, signed; only when <c>Prefer: wait</c> asked for it.</param>
public sealed record EndingAnswer(bool DryRun, long Ended, EventId? Id, DateTimeOffset? At, string? Warning = null, string? Receipt = null);

/// <summary>A changed account.</summary>
/// <param name="Account">As it is now.</param>
/// <param name="Ended">How many of its sessions ended with the change.</param>
/// <param name="Receipt">Who enforces it, signed; only when <c>Prefer: wait</c> asked for it.</param>
public sealed record AccountChanged(AdminAccount Account, long Ended, string? Receipt = null);
