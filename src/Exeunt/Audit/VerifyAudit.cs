using Exeunt.Keys;
using Exeunt.Protocol.Ids;
using Exeunt.Storage;

namespace Exeunt.Audit;

/// <summary>
/// Proves the audit trail: reads every chain oldest first, makes every hash and commitment again, and holds them against the signed checkpoints. Reads
/// in pages beside a running server; nothing is kept but the heads that checkpoints signed.
/// </summary>
public sealed class VerifyAudit(ILedgerReads reads, SigningKeys keys)
{
    private const int PageSize = 1000;
    private const int MostRestarts = 100;

    /// <summary>Verifies everything up to where the trail stands now.</summary>
    /// <param name="against">A checkpoint that was kept outside the server, or its hash: then a trail that was cut back shows, too. Null for none.</param>
    /// <param name="progress">Told after each page; null for nobody.</param>
    /// <param name="ct">Stops reading.</param>
    public async Task<AuditVerdict> HandleAsync(string? against, IProgress<AuditProgress>? progress, CancellationToken ct)
    {
        // In this order: every checkpoint that an entry up to these heads tells of is among those read.
        var heads = await reads.AuditHeadsAsync(ct);
        var checkpoints = await CheckpointTrail.ReadAsync(reads, keys, ct);
        var different = against is null ? null : checkpoints.Compare(against.Trim(), keys);
        var total = heads.Sum(h => h.Number - h.AnchorNumber);

        var trail = new TrailSoFar(checkpoints);
        foreach (var head in heads)
        {
            if (await WalkAsync(head, trail, done => progress?.Report(new(done, Math.Max(done, total))), ct) is { } broken) return Verdict(broken);
        }

        return Verdict(checkpoints.Break ?? trail.Missing(heads, await reads.AuditHeadsAsync(ct)) ?? await LostAsync(trail, ct) ?? different);

        AuditVerdict Verdict(AuditBreak? broken) => new(trail.Entries, heads.Count, trail.Erased, checkpoints.Count, checkpoints.Newest, broken);
    }

    private async Task<AuditBreak?> WalkAsync(AuditHead head, TrailSoFar trail, Action<long> report, CancellationToken ct)
    {
        var (number, hash, restarts) = (head.AnchorNumber, head.AnchorHash, 0);
        while (number < head.Number)
        {
            var page = await ReadAsync(head.Chain, number, (int)Math.Min(PageSize, head.Number - number), ct);
            if (page is null) return AuditBreak.At(head.Chain, number + 1, "cannot be read: it was changed");

            if (page is [] || page[0].Number != number + 1)
            {
                var now = (await reads.AuditHeadsAsync(ct)).FirstOrDefault(h => h.Chain == head.Chain);
                if (now is null || now.AnchorNumber <= number || restarts++ == MostRestarts) return AuditBreak.At(head.Chain, number + 1, "is missing");
                (number, hash) = (now.AnchorNumber, now.AnchorHash); // retention cut this much while we were reading
                continue;
            }

            foreach (var record in page)
            {
                if (record.Number != number + 1) return AuditBreak.At(head.Chain, number + 1, "is missing");
                if (EntryCheck.WhatIsWrong(record, hash) is { } wrong) return AuditBreak.At(head.Chain, record.Number, wrong);
                if (trail.Add(record) is { } broken) return broken;
                (number, hash) = (record.Number, record.Hash);
            }

            report(trail.Entries);
        }

        return null;
    }

    // A changed value can be one that no entry could ever hold, so that its row, and a page with it, cannot even be read: then the entry is looked for alone.
    private async Task<IReadOnlyList<AuditRecord>?> ReadAsync(string chain, long after, int limit, CancellationToken ct)
    {
        try
        {
            return await reads.AuditChainAsync(chain, after, limit, ct);
        }
        catch (Exception unreadable) when (unreadable is ArgumentException or FormatException or OverflowException or InvalidCastException)
        {
            return limit == 1 ? null : await ReadAsync(chain, after, limit / 2, ct);
        }
    }

    private async Task<AuditBreak?> LostAsync(TrailSoFar trail, CancellationToken ct)
    {
        foreach (var (one, other, chain, number, at) in trail.Unanswered)
        {
            // The erasure may have been asked for while we were reading, and its entry come after what we have read.
            if (!await IsErasedSinceAsync(one, at, ct) && !await IsErasedSinceAsync(other, at, ct))
                return AuditBreak.At(chain, number, "has lost personal values, and no entry tells of their erasure");
        }

        return null;
    }

    private async Task<bool> IsErasedSinceAsync(UserId? user, DateTimeOffset at, CancellationToken ct) =>
        user is not null && (await reads.AuditAsync(new(user, AuditActions.PersonalErased, From: at, Limit: 1), ct)).Items.Count > 0;
}
