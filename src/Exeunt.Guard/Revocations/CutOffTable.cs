using Exeunt.Protocol.Revocations;

namespace Exeunt.Guard.Revocations;

/// <summary>Cut-offs by the fingerprint of their subject: chains in one array. For each subject, only those that the others do not imply.</summary>
/// <remarks>
/// One writer at a time, readers without locks. An entry is never changed once it can be reached: a chain that loses some is written anew
/// and its head exchanged in one step, so a reader sees the old chain or the new one, and both cover what was covered before. Abandoned
/// entries go when the array is full: at 48 bytes, 2 for the head, 1.6 for the filter and a sixth of room to spare, an entry takes at most 62 bytes.
/// </remarks>
internal sealed class CutOffTable
{
    private const int SmallestCapacity = 8;
    private Chains chains = new(SmallestCapacity);
    private uint earliest = uint.MaxValue;
    private int count;

    /// <summary>Entries that can be reached, expired ones that have not been removed included.</summary>
    public int Count => Volatile.Read(ref count);

    /// <summary>Memory of its arrays.</summary>
    public long Bytes => Volatile.Read(ref chains).Bytes;

    /// <summary>Whether a cut-off of this subject covers the token. Lock-free, no allocation.</summary>
    public bool Covers(ulong fingerprint, in TokenFacts token, ulong session) => Volatile.Read(ref chains).Covers(fingerprint, token, session);

    /// <summary>Adds a cut-off, unless those that are here imply it.</summary>
    public void Add(in CutOff added)
    {
        var fingerprint = added.Fingerprint;
        var before = chains.Of(fingerprint);
        if (added.IsImpliedBy(before)) return;

        List<CutOff> kept = [added, .. before];
        for (var i = kept.Count - 1; i > 0; i--)
        {
            var one = kept[i];
            kept.RemoveAt(i);
            if (!one.IsImpliedBy(kept)) kept.Insert(i, one);
        }

        var live = count + kept.Count - before.Count;
        var replaces = kept.Count <= before.Count;
        if (!(replaces ? chains.TryReplace(fingerprint, kept) : chains.TryPrepend(added)))
        {
            // Full. Bring along what can be reached, with room for a fifth more.
            var larger = new Chains((int)Math.Max(SmallestCapacity, live * 6L / 5));
            foreach (var one in chains.Entries())
            {
                if (one.Fingerprint != fingerprint) larger.TryPrepend(one);
            }

            foreach (var one in kept) larger.TryPrepend(one);
            Volatile.Write(ref chains, larger);
        }

        earliest = Math.Min(earliest, added.Expires);
        Volatile.Write(ref count, live);
    }

    /// <summary>Makes room for this many entries in all, for the reason told at <see cref="PointTable.Reserve"/>.</summary>
    public void Reserve(int entries)
    {
        if (entries <= chains.Capacity) return;

        var larger = new Chains((int)(entries * 6L / 5));
        foreach (var one in chains.Entries()) larger.TryPrepend(one);
        Volatile.Write(ref chains, larger);
    }

    /// <summary>Forgets what expires up to and including <paramref name="now"/>, by building new arrays. Returns how many that were.</summary>
    public int RemoveExpired(uint now)
    {
        if (now < earliest) return 0;

        var live = Entries().Where(c => c.Expires > now).ToList();
        var removed = count - live.Count;
        earliest = live.Count == 0 ? uint.MaxValue : live.Min(c => c.Expires);
        if (removed == 0) return 0;

        var smaller = new Chains((int)Math.Max(SmallestCapacity, live.Count * 6L / 5));
        foreach (var one in live) smaller.TryPrepend(one);
        Volatile.Write(ref chains, smaller);
        Volatile.Write(ref count, live.Count);
        return removed;
    }

    /// <summary>What it holds now, in no order. Safe beside a writer, whose additions it may or may not show.</summary>
    public IEnumerable<CutOff> Entries() => Volatile.Read(ref chains).Entries();

    private sealed class Chains(int capacity)
    {
        private readonly int[] heads = new int[(capacity / 2) + 1];
        private readonly CutOff[] entries = new CutOff[capacity];
        private readonly BlockedFilter filter = new(capacity);
        private int used;

        public int Capacity => capacity;

        public long Bytes => ((long)heads.Length * sizeof(int)) + ((long)capacity * CutOff.Bytes) + filter.Bytes;

        public bool Covers(ulong fingerprint, in TokenFacts token, ulong session)
        {
            if (!filter.MayContain(fingerprint)) return false;

            for (var i = Volatile.Read(ref Head(fingerprint)); i != 0; i = entries[i - 1].Next)
            {
                ref readonly var entry = ref entries[i - 1];
                if (entry.Fingerprint == fingerprint && entry.Covers(token, session)) return true;
            }

            return false;
        }

        public List<CutOff> Of(ulong fingerprint)
        {
            var found = new List<CutOff>();
            for (var i = Head(fingerprint); i != 0; i = entries[i - 1].Next)
            {
                if (entries[i - 1].Fingerprint == fingerprint) found.Add(entries[i - 1]);
            }

            return found;
        }

        public bool TryPrepend(in CutOff added)
        {
            if (used == capacity) return false;

            ref var head = ref Head(added.Fingerprint);
            entries[used++] = added.Before(head);
            Volatile.Write(ref head, used);
            filter.Add(added.Fingerprint);
            return true;
        }

        // A bucket holds about two subjects, so that few others have to be written again.
        public bool TryReplace(ulong fingerprint, List<CutOff> kept)
        {
            ref var head = ref Head(fingerprint);
            List<CutOff> chain = [.. kept];
            for (var i = head; i != 0; i = entries[i - 1].Next)
            {
                if (entries[i - 1].Fingerprint != fingerprint) chain.Add(entries[i - 1]);
            }

            if (chain.Count > capacity - used) return false;

            var next = 0;
            foreach (var one in chain)
            {
                entries[used++] = one.Before(next);
                next = used;
            }

            Volatile.Write(ref head, next);
            return true;
        }

        public IEnumerable<CutOff> Entries()
        {
            for (var bucket = 0; bucket < heads.Length; bucket++)
            {
                for (var i = Volatile.Read(ref heads[bucket]); i != 0; i = entries[i - 1].Next) yield return entries[i - 1];
            }
        }

        private ref int Head(ulong fingerprint) => ref heads[BlockedFilter.Place(fingerprint, heads.Length)];
    }
}
