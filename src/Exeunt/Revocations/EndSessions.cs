using Exeunt.Audit;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Sessions;

namespace Exeunt.Revocations;

/// <summary>The one command by which sessions end, whoever asks.</summary>
public sealed record EndSessions
{
    /// <summary>What is to end.</summary>
    public required EndScope Scope { get; init; }

    /// <summary>Who asks. If a session asks, it must be alive when the ledger decides: a session that has ended ends nothing.</summary>
    public required Actor By { get; init; }

    /// <summary>Why.</summary>
    public required EndReason Reason { get; init; }

    /// <summary>Where the request came from.</summary>
    public required Origin From { get; init; }

    /// <summary>What the audit should say besides, without personal data; null for nothing.</summary>
    public string? Detail { get; init; }

    /// <summary>Personal: what the request claimed and nobody obeyed, such as a <c>userId</c> in its body; null for nothing.</summary>
    public string? Claimed { get; init; }

    /// <summary>Whether the credential that was presented proves this one session and nothing more (a sealed refresh token, an expired access token): then
    /// the session may end itself even though <see cref="By"/> is no longer able to do anything else.</summary>
    public bool OwnSessionOnly { get; init; }

    /// <summary>What the credential proves by itself, so that the ending can go to the journal while the ledger is away. Null when only the ledger can tell
    /// whether it may happen: then it is refused meanwhile.</summary>
    public Proof? Proof { get; init; }

    /// <summary>The ending's id, when it was given before the ledger was asked: doing it once more is then known to be the same ending. Default for a new one.</summary>
    public EventId Event { get; init; }
}

/// <summary>Every way an ending can go that a caller is expected to meet.</summary>
public abstract record EndOutcome
{
    private EndOutcome()
    {
    }

    /// <summary>Done and durable.</summary>
    /// <param name="Event">The ending.</param>
    /// <param name="Count">How many sessions were alive and are not any more.</param>
    /// <param name="Sequence">Its place in the revocation log.</param>
    /// <param name="At">When, ledger time.</param>
    public sealed record Ended(EventId Event, long Count, long Sequence, DateTimeOffset At) : EndOutcome
    {
        /// <summary>What the person is to be told when the ending is in the journal and not yet in the ledger; null when it is in the ledger. In the journal,
        /// <see cref="Count"/> is 1, the session that asked, or 0 when it had asked before. How many others there are is known later.</summary>
        public string? Warning { get; init; }

        /// <summary>Whether it was found to be done already: a commit whose outcome nobody knew had done it, and its run alone knows how many there were.</summary>
        internal bool WasDone { get; init; }
    }

    /// <summary>It had ended before; nothing was changed.</summary>
    public sealed record AlreadyEnded(SessionEnd How) : EndOutcome;

    /// <summary>There is no such session or account.</summary>
    public sealed record NotFound : EndOutcome;

    /// <summary>The one who asks may not: the session has ended, or the account is not an administrator.</summary>
    public sealed record NotAllowed(string Why) : EndOutcome;
}
