namespace Exeunt.Guard.Revocations;

/// <summary>
/// Says of nearly every fingerprint that is not in a table that it is not, by one word of memory that mostly lies in the processor's caches.
/// About four entries share a word and set four bits of it each: some 0.5 % of live tokens pass. Written by one thread, read by any.
/// </summary>
internal sealed class BlockedFilter(int capacity)
{
    private const int EntriesPerWord = 5; // when the table is full to the last place, which it never is
    private readonly ulong[] words = new ulong[(capacity / EntriesPerWord) + 1];

    public long Bytes => (long)words.Length * sizeof(ulong);

    public bool MayContain(ulong fingerprint)
    {
        var bits = Bits(fingerprint);
        return (Volatile.Read(ref words[Place(fingerprint, words.Length)]) & bits) == bits;
    }

    public void Add(ulong fingerprint)
    {
        ref var word = ref words[Place(fingerprint, words.Length)];
        Volatile.Write(ref word, word | Bits(fingerprint));
    }

    /// <summary>Where a fingerprint belongs among so many places: by its high bits, and a multiplication instead of a remainder.</summary>
    public static int Place(ulong fingerprint, int places) => (int)Math.BigMul(fingerprint, (ulong)places, out _);

    // The low bits, which hardly take part in choosing the place.
    private static ulong Bits(ulong fingerprint) =>
        (1UL << (int)fingerprint) | (1UL << (int)(fingerprint >> 6)) | (1UL << (int)(fingerprint >> 12)) | (1UL << (int)(fingerprint >> 18));
}
