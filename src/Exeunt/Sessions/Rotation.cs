namespace Exeunt.Sessions;

/// <summary>Where the refresh tokens of a session stand. There is one row for a session and none for a token.</summary>
/// <param name="Current">The newest generation that was handed out.</param>
/// <param name="Predecessor">The generation before it that may still come back, because its answer can have been lost; null for none.</param>
/// <param name="RotatedAt">When <paramref name="Current"/> was made; null for the first generation.</param>
public readonly record struct Generations(uint Current, uint? Predecessor, DateTimeOffset? RotatedAt);

/// <summary>What to do with a refresh token. Closed: whoever refreshes must think of every case.</summary>
public abstract record RotationVerdict
{
    private RotationVerdict()
    {
    }

    /// <summary>Answer with this generation and change nothing: another tab was a moment faster, or its answer is being asked for again.</summary>
    public sealed record Converge(uint Generation) : RotationVerdict;

    /// <summary>Store <paramref name="Next"/> and answer with its current generation.</summary>
    public sealed record Rotate(Generations Next, bool AnswerWasLost) : RotationVerdict;

    /// <summary>The ledger is older than this token: it was put back from a copy. Nobody is taken for a thief.</summary>
    public sealed record RolledBack(Generations Next) : RotationVerdict;

    /// <summary>A token that its owner has already replaced: somebody else holds a copy.</summary>
    public sealed record Theft : RotationVerdict;
}

/// <summary>
/// The rule by which refresh tokens turn (RFC 9700 §4.14.2), with a window in which nothing turns twice, so that tabs, retries and lost answers never
/// look like theft. Pure: the adapters only load and store.
/// </summary>
public static class Rotation
{
    /// <summary>Decides about an authentic token of generation <paramref name="presented"/>.</summary>
    /// <param name="row">What the ledger holds.</param>
    /// <param name="presented">The generation of the token.</param>
    /// <param name="sameDevice">Whether it comes from the client and the kind of device that the session was opened with.</param>
    /// <param name="now">Ledger time.</param>
    /// <param name="window">How long after a turn nothing turns again.</param>
    public static RotationVerdict Decide(in Generations row, uint presented, bool sameDevice, DateTimeOffset now, TimeSpan window)
    {
        var fresh = row.RotatedAt is { } rotated && now - rotated < window;

        if (presented == row.Current)
            return fresh ? new RotationVerdict.Converge(row.Current) : new RotationVerdict.Rotate(new(row.Current + 1, row.Current, now), AnswerWasLost: false);

        if (presented > row.Current)
            return new RotationVerdict.RolledBack(new(presented + 1, presented, now));

        if (presented == row.Predecessor && fresh)
            return new RotationVerdict.Converge(row.Current);

        // The answer to this one never arrived, or its owner would have come with the next: the generation between becomes void, and the predecessor
        // stays, because this answer can be lost as well.
        if (presented == row.Predecessor && sameDevice)
            return new RotationVerdict.Rotate(new(row.Current + 1, row.Predecessor, now), AnswerWasLost: true);

        return new RotationVerdict.Theft();
    }
}
