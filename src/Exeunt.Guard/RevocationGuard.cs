using Exeunt.Guard.Feed;
using Exeunt.Protocol.Revocations;

namespace Exeunt.Guard;

/// <summary>
/// Decides on a token that is authentic and in its time: whether it must be refused, and whether what is known here is fresh enough to say so. From memory,
/// unless the guard is stale and was told to ask.
/// </summary>
public sealed class RevocationGuard
{
    private readonly RevocationIndex index;
    private readonly Freshness freshness;
    private readonly StaleBehavior stale;
    private readonly ServerQuestion question;

    internal RevocationGuard(RevocationIndex index, Freshness freshness, GuardOptions options, ServerQuestion question) =>
        (this.index, this.freshness, stale, this.question) = (index, freshness, options.Stale, question);

    /// <summary>How old the guard's knowledge is; <see cref="TimeSpan.MaxValue"/> when it has never been synced.</summary>
    public TimeSpan Age => freshness.Age;

    /// <summary>Whether a decision can be had from memory now.</summary>
    public bool IsServing => stale.Allows(Age);

    /// <summary>
    /// The decision from memory. Allocates nothing. <see cref="GuardDecision.TooStale"/> is final unless the guard was told to ask the server:
    /// <see cref="DecideAsync"/> does that.
    /// </summary>
    public GuardDecision Decide(in TokenFacts token) =>
        index.IsRevoked(token) ? GuardDecision.Revoked : IsServing ? GuardDecision.Pass : GuardDecision.TooStale;

    /// <summary>The decision, by the server's word if the guard is stale and was told to ask.</summary>
    /// <param name="token">The token.</param>
    /// <param name="ct">Stops waiting for the server.</param>
    public ValueTask<GuardDecision> DecideAsync(in TokenFacts token, CancellationToken ct) =>
        index.IsRevoked(token) ? new(GuardDecision.Revoked) : DecideOnFreshnessAsync(token, ct);

    /// <summary>The decision on a token of which the index has just said that it is not revoked.</summary>
    internal ValueTask<GuardDecision> DecideOnFreshnessAsync(in TokenFacts token, CancellationToken ct) =>
        IsServing ? new(GuardDecision.Pass) : stale.Asks ? question.AskAsync(token, ct) : new(GuardDecision.TooStale);
}

/// <summary>What is decided on a token.</summary>
public enum GuardDecision
{
    /// <summary>Nothing known here ends it.</summary>
    Pass = 1,

    /// <summary>It has been ended: answer 401.</summary>
    Revoked = 2,

    /// <summary>Nobody can say now: answer 503, as a 401 would send the caller into a circle of refreshes.</summary>
    TooStale = 3,
}
