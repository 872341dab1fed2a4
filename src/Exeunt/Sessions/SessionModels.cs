using Exeunt.Revocations;
using Exeunt.Storage;

namespace Exeunt.Sessions;

/// <summary>The sessions of the caller, newest first.</summary>
/// <param name="Sessions">One page of those that are alive.</param>
/// <param name="Next">Give it back as <c>cursor</c> for the next page; missing on the last.</param>
public sealed record SessionList(IReadOnlyList<SessionView> Sessions, string? Next);

/// <summary>A session as its owner sees it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Device">What it was called at sign-in, or the kind of device that its user agent names.</param>
/// <param name="Address">The network address it was opened from.</param>
/// <param name="CreatedAt">When it was opened.</param>
/// <param name="LastSeenAt">When it was last refreshed.</param>
/// <param name="ExpiresAt">When it ends unless it is used.</param>
/// <param name="Current">Whether it is the one that asks.</param>
public sealed record SessionView(
    string Id, string Device, string? Address, DateTimeOffset CreatedAt, DateTimeOffset LastSeenAt, DateTimeOffset ExpiresAt, bool Current)
{
    /// <summary>The view of a session.</summary>
    public static SessionView Of(Session session, bool current) => new(
        session.Id.ToString(), session.DeviceName ?? DeviceKind.Of(session.UserAgent), session.Address, session.OpenedAt, session.LastSeenAt, session.ExpiresAt, current);
}

/// <summary>What an ending did.</summary>
/// <param name="Ended">How many sessions were alive and are not any more.</param>
/// <param name="Id">The ending, as the audit trail has it; missing when the session had expired unnoticed.</param>
/// <param name="Warning">That the ending is in the journal and not yet in the database; then <c>ended</c> counts the session that asked alone, whatever else has
/// ended with it. Missing when all is well.</param>
/// <param name="Receipt">Who enforces it, signed; only when <c>Prefer: wait</c> asked for it.</param>
public sealed record EndedResponse(long Ended, string? Id, string? Warning = null, string? Receipt = null)
{
    /// <summary>A fresh ending.</summary>
    public static EndedResponse Of(EndOutcome.Ended ended) => new(ended.Count, ended.Event.ToString(), ended.Warning);

    /// <summary>One that had happened before.</summary>
    public static EndedResponse Of(EndOutcome.AlreadyEnded before) => new(0, before.How.Event == default ? null : before.How.Event.ToString());
}
