using System.Security.Cryptography;
using System.Text;

namespace Exeunt.Accounts;

/// <summary>
/// Counts attempts by key within a window that begins with the first that counts. Bounded: when it is full, the windows that would close first are dropped.
/// Callers lock it.
/// </summary>
internal sealed class AttemptTable(int most, TimeSpan window, int capacity)
{
    private readonly Dictionary<UInt128, Attempts> attempts = [];

    /// <summary>Keys that are remembered now.</summary>
    public int Count => attempts.Count;

    /// <summary>A key of fixed size for words of any: the table must not grow by what strangers send.</summary>
    public static UInt128 KeyOf(params ReadOnlySpan<string?> words)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', words)), hash);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    /// <summary>Whether the key has used up its window, and how long that stays so.</summary>
    public TimeSpan? Blocked(UInt128 key, DateTimeOffset now) =>
        attempts.TryGetValue(key, out var of) && now < of.Ends && of.Counted >= most ? of.Ends - now : null;

    /// <summary>Whether another attempt may run beside those that are counted and those that run.</summary>
    public bool HasRoom(UInt128 key, DateTimeOffset now) =>
        !attempts.TryGetValue(key, out var of) || (now < of.Ends ? of.Counted : 0) + of.Running < most;

    /// <summary>An attempt starts.</summary>
    public void Start(UInt128 key, DateTimeOffset now)
    {
        if (!attempts.TryGetValue(key, out var of))
        {
            if (attempts.Count >= capacity) DropOldest(now);
            attempts[key] = of = new();
        }

        of.Running++;
    }

    /// <summary>An attempt has gone well or badly; only bad ones are counted.</summary>
    public void Finish(UInt128 key, bool counts, DateTimeOffset now)
    {
        if (!attempts.TryGetValue(key, out var of)) return;
        of.Running--;
        if (counts)
        {
            if (now >= of.Ends) (of.Counted, of.Ends) = (0, now + window);
            of.Counted++;
        }

        if (of.Running == 0 && now >= of.Ends) attempts.Remove(key);
    }

    // A quarter at a time, so that a full table does not cost a walk for every newcomer. What runs is kept: its end must be counted.
    private void DropOldest(DateTimeOffset now)
    {
        var idle = attempts.Where(a => a.Value.Running == 0).OrderBy(a => a.Value.Ends).Select(a => (a.Key, a.Value.Ends)).ToList();
        var quarter = Math.Max(1, capacity / 4);
        foreach (var (key, _) in idle.Where((a, place) => place < quarter || a.Ends <= now)) attempts.Remove(key);
    }

    private sealed class Attempts
    {
        public int Counted { get; set; }

        public int Running { get; set; }

        public DateTimeOffset Ends { get; set; }
    }
}
