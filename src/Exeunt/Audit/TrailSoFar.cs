using Exeunt.Protocol.Ids;

namespace Exeunt.Audit;

/// <summary>
/// What entries say of the trail itself — that it was cut, that values were erased, that a checkpoint was signed — remembered while they are read, and held
/// against what is missing at the end: nothing may be gone for which no entry answers.
/// </summary>
internal sealed class TrailSoFar(CheckpointTrail checkpoints)
{
    private readonly HashSet<string> recorded = [];
    private readonly Dictionary<string, long> cuts = [];
    private readonly Dictionary<UserId, DateTimeOffset> erasures = [];
    private readonly Dictionary<(UserId? One, UserId? Other), (string Chain, long Number, DateTimeOffset At)> gone = [];

    /// <summary>Entries looked at.</summary>
    public long Entries { get; private set; }

    /// <summary>Entries with personal values that are gone.</summary>
    public long Erased { get; private set; }

    /// <summary>Takes in an entry that is right by itself.</summary>
    public AuditBreak? Add(AuditRecord record)
    {
        Entries++;
        var entry = record.Entry;
        if (checkpoints.Contradicts(record.Chain, record.Number, record.Hash) is { } contradiction) return AuditBreak.At(record.Chain, record.Number, contradiction);

        switch (entry.Action)
        {
            case AuditActions.Checkpoint when entry.Detail is { } hash:
                if (checkpoints.Break is null && !checkpoints.Holds(hash)) return AuditBreak.At(record.Chain, record.Number, "tells of a checkpoint that is missing");
                recorded.Add(hash);
                break;
            case AuditActions.RetentionCut when RetentionNote.Read(entry.Detail) is { } note:
                cuts[note.Chain] = Math.Max(note.UpTo, cuts.GetValueOrDefault(note.Chain));
                break;
            case AuditActions.PersonalErased when entry.User is { } user:
                erasures[user] = entry.At;
                break;
        }

        if (!EntryCheck.IsErased(record)) return null;
        Erased++;

        // Address and user agent are those of whoever acted; what was claimed goes with either. Of entries that need the same erasure the latest is enough.
        var isActors = entry.Address is null && record.Commitments.Address is not null || entry.UserAgent is null && record.Commitments.UserAgent is not null;
        var key = isActors ? (entry.By.User ?? entry.User, null) : (entry.User, entry.By.User);
        if (!gone.TryGetValue(key, out var last) || last.At <= entry.At) gone[key] = (record.Chain, record.Number, entry.At);
        return null;
    }

    /// <summary>What no entry answers for, once all have been read. Whatever was written meanwhile is left for the next time.</summary>
    /// <param name="walked">Where the chains began and ended when reading began.</param>
    /// <param name="now">Where they do now.</param>
    public AuditBreak? Missing(IReadOnlyList<AuditHead> walked, IReadOnlyList<AuditHead> now)
    {
        foreach (var (chain, number, checkpoint) in checkpoints.Furthest)
        {
            if (Find(now, chain) is not { } head) return new(chain, null, $"Chain {chain} is missing: checkpoint {checkpoint} signed {number} entries of it.");
            if (head.Number < number) return AuditBreak.At(chain, head.Number + 1, $"is missing: the chain ends before it, and checkpoint {checkpoint} signed {number} entries");
        }

        foreach (var head in walked.Where(h => h.AnchorNumber > 0))
        {
            if (checkpoints.Contradicts(head.Chain, head.AnchorNumber, head.AnchorHash) is { } contradiction) return AuditBreak.At(head.Chain, head.AnchorNumber, contradiction);

            // A cut runs in batches: while it does, the anchor is somewhere before the checkpoint that it runs to.
            var cut = cuts.GetValueOrDefault(head.Chain);
            if (cut < head.AnchorNumber || !checkpoints.Signs(head.Chain, cut))
                return AuditBreak.At(head.Chain, head.AnchorNumber, "and all before it are missing, and no entry tells of a cut to a signed checkpoint");
        }

        foreach (var checkpoint in checkpoints.Without(recorded))
        {
            // Its entry followed one of its heads. When retention has cut beyond all of them, it went with what it signed.
            var places = checkpoint.Heads.Where(s => Find(now, s.Chain)!.AnchorNumber <= s.Number).ToList();
            if (places is [.., var (chain, number, _)] && !places.Exists(IsWrittenMeanwhile))
                return AuditBreak.At(chain, number + 1, $"is missing: checkpoint {checkpoint.Number} left one there");
        }

        return null;

        bool IsWrittenMeanwhile(SignedHead place) => (Find(walked, place.Chain)?.Number ?? 0) <= place.Number && place.Number < Find(now, place.Chain)!.Number;
    }

    /// <summary>Entries that have lost personal values for which no erasure was found: of the one person or the other, and the newest such entry.</summary>
    public IEnumerable<(UserId? One, UserId? Other, string Chain, long Number, DateTimeOffset At)> Unanswered =>
        from lost in gone
        where !WasErased(lost.Key.One, lost.Value.At) && !WasErased(lost.Key.Other, lost.Value.At)
        orderby lost.Value.Number
        select (lost.Key.One, lost.Key.Other, lost.Value.Chain, lost.Value.Number, lost.Value.At);

    private bool WasErased(UserId? user, DateTimeOffset at) => user is { } id && erasures.TryGetValue(id, out var erased) && erased >= at;

    private static AuditHead? Find(IReadOnlyList<AuditHead> heads, string chain) => heads.FirstOrDefault(h => h.Chain == chain);
}
