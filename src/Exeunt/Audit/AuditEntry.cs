using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;

namespace Exeunt.Audit;

/// <summary>Who caused something.</summary>
/// <param name="Kind">In what capacity.</param>
/// <param name="User">The account, if one acted.</param>
/// <param name="Session">The session it acted from.</param>
/// <param name="Name">The provider or job, if none of the above.</param>
public sealed record Actor(ActorKind Kind, UserId? User = null, SessionId? Session = null, string? Name = null)
{
    /// <summary>Somebody who has not proved who they are.</summary>
    public static Actor Nobody { get; } = new(ActorKind.Anonymous);

    /// <summary>Whoever runs commands on the server's own machine.</summary>
    public static Actor Operator { get; } = new(ActorKind.Operator);

    /// <summary>A part of the server that acts by itself.</summary>
    public static Actor Job(string name) => new(ActorKind.Job, Name: name);
}

/// <summary>The capacities in which something is done. The names are stored.</summary>
public enum ActorKind
{
    /// <summary>Nobody who could be verified.</summary>
    Anonymous = 0,

    /// <summary>The owner of the account.</summary>
    User = 1,

    /// <summary>An administrator.</summary>
    Admin = 2,

    /// <summary>An outside issuer of sessions.</summary>
    Provider = 3,

    /// <summary>The server itself.</summary>
    Job = 4,

    /// <summary>The operator, from the command line.</summary>
    Operator = 5,
}

/// <summary>
/// One line of the audit trail, before it has its place in the chain. Personal values are kept apart from it and enter the chain as salted commitments, so
/// that they can be erased while the chain still verifies.
/// </summary>
public sealed record AuditEntry
{
    /// <summary>When, ledger time.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>What was done, from <see cref="AuditActions"/>.</summary>
    public required string Action { get; init; }

    /// <summary>Who did it.</summary>
    public required Actor By { get; init; }

    /// <summary>Whom it concerns.</summary>
    public UserId? User { get; init; }

    /// <summary>Which session it concerns.</summary>
    public SessionId? Session { get; init; }

    /// <summary>The ending that it records.</summary>
    public EventId? Event { get; init; }

    /// <summary>Why a session ended.</summary>
    public EndReason? Reason { get; init; }

    /// <summary>How many sessions ended; null when that has no meaning.</summary>
    public long? Count { get; init; }

    /// <summary>The client application.</summary>
    public string? Client { get; init; }

    /// <summary>The kind of device of the session, as <see cref="Sessions.DeviceKind"/> words it: too coarse to be personal, and what reports count by.</summary>
    public string? Device { get; init; }

    /// <summary>What else an investigator needs, in a few words without personal data: <c>stale_credential</c>, a scope, a setting.</summary>
    public string? Detail { get; init; }

    /// <summary>Personal: the network address it came from.</summary>
    public string? Address { get; init; }

    /// <summary>Personal: the user agent it came from.</summary>
    public string? UserAgent { get; init; }

    /// <summary>Personal: what was claimed or typed and names a person, such as the e-mail address of a failed sign-in.</summary>
    public string? Claimed { get; init; }
}
