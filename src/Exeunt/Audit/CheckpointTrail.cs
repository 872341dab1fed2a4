using System.Security.Cryptography;
using Exeunt.Keys;
using Exeunt.Protocol.Jose;
using Exeunt.Storage;

namespace Exeunt.Audit;

/// <summary>
/// All checkpoints of a ledger, verified from the newest back: the newest by a key of the server, each older one by the hash that the next one holds of
/// it and by the key that it carries. What they say of the chains is kept, to be held against the entries.
/// </summary>
internal sealed class CheckpointTrail
{
    private const int PageSize = 500;

    private readonly Dictionary<(string Chain, long Number), (byte[] Hash, long Checkpoint)> signed = [];
    private readonly Dictionary<string, (long Number, long Checkpoint)> furthest = [];
    private readonly Dictionary<string, CheckpointStatement> byHash = [];

    private CheckpointTrail()
    {
    }

    /// <summary>What is wrong with the checkpoints themselves; null when nothing is.</summary>
    public AuditBreak? Break { get; private set; }

    /// <summary>How many were verified.</summary>
    public long Count { get; private set; }

    /// <summary>The hash of the newest; null while there is none.</summary>
    public string? Newest { get; private set; }

    /// <summary>Whether a checkpoint of this hash is here.</summary>
    public bool Holds(string hash) => byHash.ContainsKey(hash);

    /// <summary>The chains that a checkpoint names, with the furthest entry it speaks of.</summary>
    public IEnumerable<(string Chain, long Number, long Checkpoint)> Furthest => furthest.Select(f => (f.Key, f.Value.Number, f.Value.Checkpoint));

    /// <summary>Reads and verifies all of them; stops at the first that does not hold.</summary>
    public static async Task<CheckpointTrail> ReadAsync(ILedgerReads reads, SigningKeys keys, CancellationToken ct)
    {
        var trail = new CheckpointTrail();
        CheckpointStatement? next = null;
        long? before = null;
        while (trail.Break is null && await reads.CheckpointsAsync(before, PageSize, ct) is { Count: > 0 } page)
        {
            foreach (var stored in page)
            {
                next = trail.Add(stored, next, keys);
                if (next is null) break;
            }

            before = page[^1].Number;
        }

        if (trail.Break is null && next is { Previous: not null }) trail.Break = Lost(next.Number - 1);
        return trail;
    }

    /// <summary>Holds a checkpoint that somebody kept elsewhere against what is here.</summary>
    /// <param name="known">A checkpoint, or the hash of one.</param>
    /// <param name="keys">The server's keys.</param>
    /// <returns>What is wrong; null when it is one of ours. What it says of the chains is held against the entries in any case.</returns>
    public AuditBreak? Compare(string known, SigningKeys keys)
    {
        if (!known.Contains('.', StringComparison.Ordinal))
            return byHash.ContainsKey(known) ? null : new(null, null, $"The checkpoint {known} is not among the {Count} of this ledger: the trail was cut back or replaced.");

        if (byHash.ContainsKey(CheckpointStatement.HashOf(known))) return null;
        if (CheckpointStatement.Read(known) is not { } statement || !Vouching(keys, statement).Any(key => statement.IsSignedWith(key, known)))
            return new(null, null, "The checkpoint to compare with is not one that this server has signed.");

        Keep(statement);
        return new(null, null, $"Checkpoint {statement.Number} of {statement.At:u} is not among the {Count} of this ledger: the trail was cut back or replaced.");
    }

    /// <summary>The newest checkpoint signed at this instant or before; null for none.</summary>
    public CheckpointStatement? NewestAt(DateTimeOffset instant) => byHash.Values.Where(c => c.At <= instant).MaxBy(c => c.Number);

    /// <summary>Whether a checkpoint ends at this entry.</summary>
    public bool Signs(string chain, long number) => signed.ContainsKey((chain, number));

    /// <summary>What a checkpoint says against this hash, to follow "Entry 7 of chain x"; null when none does.</summary>
    public string? Contradicts(string chain, long number, byte[] hash) =>
        signed.TryGetValue((chain, number), out var head) && !CryptographicOperations.FixedTimeEquals(head.Hash, hash)
            ? $"is not the one that checkpoint {head.Checkpoint} signed: the chain was written anew"
            : null;

    /// <summary>The checkpoints that left no entry of theirs in the trail although they should be there, oldest first.</summary>
    public IEnumerable<CheckpointStatement> Without(IReadOnlySet<string> recorded) =>
        byHash.Where(c => !recorded.Contains(c.Key)).Select(c => c.Value).OrderBy(c => c.Number);

    private CheckpointStatement? Add(AuditCheckpoint stored, CheckpointStatement? next, SigningKeys keys)
    {
        var hash = CheckpointStatement.HashOf(stored.Jws);
        var statement = CheckpointStatement.Read(stored.Jws);
        if (next is not null && next.Previous != hash)
            Break = statement is not null && statement.Number < next.Number - 1 ? Lost(next.Number - 1) : Changed(next.Number - 1);
        else if (statement is null || statement.At != stored.At)
            Break = Changed(next is null ? stored.Number : next.Number - 1);
        else if (!(next is null ? Vouching(keys, statement) : [statement.Key]).Any(key => statement.IsSignedWith(key, stored.Jws)))
            Break = new(null, null, $"Checkpoint {statement.Number} is not signed with a key of this server.");
        if (Break is not null) return null;

        Newest ??= hash;
        Count++;
        byHash[hash] = statement!;
        Keep(statement!);
        return statement;
    }

    private void Keep(CheckpointStatement statement)
    {
        foreach (var head in statement.Heads)
        {
            signed[(head.Chain, head.Number)] = (head.Hash, statement.Number);
            if (!furthest.TryGetValue(head.Chain, out var known) || known.Number < head.Number) furthest[head.Chain] = (head.Number, statement.Number);
        }
    }

    // A key that signed a checkpoint of the verified run is one that the server had, even when it has been rotated out since.
    private IEnumerable<VerificationKey> Vouching(SigningKeys keys, CheckpointStatement statement) =>
        keys.Published.Keys.Append(keys.Current.Public).Concat(byHash.Values.Select(c => c.Key)).Where(key => key.KeyId == statement.Key.KeyId).DistinctBy(key => key.KeyId);

    private static AuditBreak Lost(long number) => new(null, null, $"Checkpoint {number} is missing.");

    private static AuditBreak Changed(long number) => new(null, null, $"Checkpoint {number} was changed: it is not what was signed.");
}
