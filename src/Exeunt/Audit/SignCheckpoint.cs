using Exeunt.Keys;
using Exeunt.Revocations;
using Exeunt.Storage;

namespace Exeunt.Audit;

/// <summary>Signs where all chains stand, keeps the statement, and writes its hash into the trail, so that neither can be taken away unseen.</summary>
public sealed class SignCheckpoint(Ledger ledger, SigningKeys keys, RevocationRules rules)
{
    private static readonly Actor Job = Actor.Job("checkpoint");

    /// <summary>The new checkpoint in JWS compact form; null when nothing has happened since the last one and its key is still in use.</summary>
    public Task<string?> HandleAsync() => ledger.RunAsync(async transaction =>
    {
        var newest = (await transaction.NewestCheckpointAsync())?.Jws;
        var before = newest is null ? null : CheckpointStatement.Read(newest);
        var heads = await transaction.AuditHeadsAsync();
        var key = keys.Current;
        if (before is not null && before.Key.KeyId == key.KeyId && IsAllThatHappened(before, heads)) return null;

        var jws = new CheckpointStatement
        {
            Number = (before?.Number ?? 0) + 1,
            At = transaction.Now,
            Issuer = rules.OwnIssuer,
            Previous = newest is null ? null : CheckpointStatement.HashOf(newest),
            Heads = [.. heads.Select(h => new SignedHead(h.Chain, h.Number, h.Hash))],
            Key = key.Public,
        }.Sign(key);
        transaction.AppendCheckpoint(transaction.Now, jws);
        transaction.Append(new AuditEntry { At = transaction.Now, Action = AuditActions.Checkpoint, By = Job, Detail = CheckpointStatement.HashOf(jws) });
        return jws;
    });

    // Each checkpoint leaves one entry behind it; a server that stands idle must not sign that for ever.
    private static bool IsAllThatHappened(CheckpointStatement before, IReadOnlyList<AuditHead> heads) =>
        heads.Count == before.Heads.Count && heads.Sum(h => h.Number) - before.Heads.Sum(h => h.Number) <= 1;
}
