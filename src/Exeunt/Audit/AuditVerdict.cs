namespace Exeunt.Audit;

/// <summary>What verifying the audit trail found.</summary>
/// <param name="Entries">How many entries were looked at.</param>
/// <param name="Chains">In how many chains.</param>
/// <param name="Erased">How many of them have personal values that were erased; they still verify by their commitments.</param>
/// <param name="Checkpoints">How many signed checkpoints were checked.</param>
/// <param name="Newest">The <see cref="CheckpointStatement.HashOf"/> of the newest checkpoint, worth keeping elsewhere; null while there is none.</param>
/// <param name="Break">The first thing that does not hold; null when everything does.</param>
public sealed record AuditVerdict(long Entries, int Chains, long Erased, long Checkpoints, string? Newest, AuditBreak? Break)
{
    /// <summary>Whether everything holds.</summary>
    public bool Holds => Break is null;
}

/// <summary>Where the trail is broken.</summary>
/// <param name="Chain">The chain; null when the trouble is not in one.</param>
/// <param name="Number">The entry; null when the trouble is not in one.</param>
/// <param name="What">What is wrong, in a sentence that stands by itself.</param>
public sealed record AuditBreak(string? Chain, long? Number, string What)
{
    /// <summary>An entry that is wrong or missing.</summary>
    public static AuditBreak At(string chain, long number, string what) => new(chain, number, $"Entry {number} of chain {chain} {what}.");
}

/// <summary>How far verifying has come.</summary>
/// <param name="Done">Entries looked at.</param>
/// <param name="Total">Entries there were when it began.</param>
public readonly record struct AuditProgress(long Done, long Total);
