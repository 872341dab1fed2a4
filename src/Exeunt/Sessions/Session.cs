using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;

namespace Exeunt.Sessions;

/// <summary>One sign-in on one device. All times are ledger time, UTC, to the millisecond.</summary>
public sealed record Session
{
    /// <summary>Its id; the order of ids is the order of creation.</summary>
    public required SessionId Id { get; init; }

    /// <summary>Whose it is.</summary>
    public required UserId User { get; init; }

    /// <summary>The issuer of its tokens: our own, or a provider's.</summary>
    public required string Issuer { get; init; }

    /// <summary>The provider's name for it (its <c>sid</c>); null when the session is ours.</summary>
    public string? OutsideId { get; init; }

    /// <summary><c>sub</c> of its tokens.</summary>
    public required string Subject { get; init; }

    /// <summary>The client application; <c>default</c> when sign-in named none.</summary>
    public required string Client { get; init; }

    /// <summary>What to call the device: given at sign-in, or read from the user agent.</summary>
    public string? DeviceName { get; init; }

    /// <summary>The user agent at sign-in, cut to 400 characters.</summary>
    public string? UserAgent { get; init; }

    /// <summary>The network address at sign-in.</summary>
    public string? Address { get; init; }

    /// <summary>When it was opened here; of an outside session, when it was first seen.</summary>
    public required DateTimeOffset OpenedAt { get; init; }

    /// <summary>When the person proved who they are (<c>auth_time</c>). Null for an outside session whose age nobody knows.</summary>
    public required DateTimeOffset? AuthenticatedAt { get; init; }

    /// <summary>How they proved it (<c>amr</c>), separated by blanks.</summary>
    public string Amr { get; init; } = "pwd";

    /// <summary>Its last use, by refresh or sign-in.</summary>
    public required DateTimeOffset LastSeenAt { get; init; }

    /// <summary>When it ends unless it is used: the idle limit, or the absolute one if that comes first.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When it ends in any case.</summary>
    public required DateTimeOffset AbsoluteExpiresAt { get; init; }

    /// <summary>The latest <c>exp</c> of any access token that was issued for it.</summary>
    public required DateTimeOffset LastTokenExpiresAt { get; init; }

    /// <summary>The ledger's half of what makes its refresh tokens; useless without the server key. Empty for outside sessions.</summary>
    public byte[] Secret { get; init; } = [];

    /// <summary>Where its refresh tokens stand.</summary>
    public Generations Generations { get; init; }

    /// <summary>How it ended, once its row has been marked. Null does not mean alive: a cut-off may cover it, or its time may be up.</summary>
    public SessionEnd? End { get; init; }

    /// <summary>The same session as revocations see its tokens.</summary>
    public TokenFacts Facts => new()
    {
        Issuer = Issuer,
        Subject = Subject,
        Session = OutsideId ?? Id.ToString(),
        OwnSession = OutsideId is null ? Id : null,
        Client = Client,
        SessionBegan = AuthenticatedAt?.ToUnixTimeSeconds(),
    };

    /// <summary>
    /// How it ended, judged at <paramref name="now"/>: by its own row, by the earliest cut-off over it, or because its time was up. Null means alive.
    /// </summary>
    /// <param name="cutOff">The earliest cut-off that covers it, null for none.</param>
    /// <param name="now">Ledger time.</param>
    public SessionEnd? Judge(Revocation? cutOff, DateTimeOffset now)
    {
        if (End is not null) return End;
        var expired = ExpiresAt < now // a limit of 15 minutes is passed by more than 15 minutes (PCI DSS 8.2.8)
            ? new SessionEnd(default, ExpiresAt, ExpiresAt >= AbsoluteExpiresAt ? EndReason.AbsoluteTimeout : EndReason.IdleTimeout)
            : null;
        if (cutOff is null || expired?.At < cutOff.At) return expired;
        return new SessionEnd(cutOff.Event, cutOff.At, cutOff.Reason);
    }
}

/// <summary>That and how a session ended.</summary>
/// <param name="Event">The ending; default while an expiry has not been recorded yet.</param>
/// <param name="At">When, ledger time.</param>
/// <param name="Reason">Why.</param>
public sealed record SessionEnd(EventId Event, DateTimeOffset At, EndReason Reason);
