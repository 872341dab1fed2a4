using System.Runtime.InteropServices;
using Exeunt.Guard.Tokens;

namespace Exeunt.Guard;

/// <summary>
/// Remembers whose verified tokens these were, so that a repeated token costs a hash instead of a signature. Bounded, safe from every
/// thread, never blocking. It knows nothing of revocations: ask the <see cref="RevocationIndex"/> after it, every time.
/// </summary>
/// <remarks>
/// Tokens are known by a hash under a random key of the cache's own, never by their text. Who does not read the memory of this process can make none that passes
/// for another.
/// The cache is cut into sets of eight places; a newcomer takes an empty or expired place of its set, or else that of the first to expire among those
/// that nobody asked for since the set was last full, which is seldom another newcomer.
/// </remarks>
/// <typeparam name="TPrincipal">What the verification yielded.</typeparam>
public sealed class VerifiedTokens<TPrincipal>
    where TPrincipal : class
{
    /// <summary>Tokens kept when nothing else is said.</summary>
    public const int DefaultCapacity = 10_000;

    /// <summary>Longest token that is remembered, in characters. Longer ones are verified every time, and so is what is not ASCII.</summary>
    public const int LongestToken = TokenHashing.Longest;

    private const int Ways = 8;
    private const ulong Spread = 0x9E37_79B9_7F4A_7C15; // odd, its bits as even as can be: brings what lies in the lower bits of a word into the upper ones
    private readonly TokenHashing hashing = new();
    private readonly Entry?[] places;

    /// <summary>An empty cache for about this many tokens (rounded up to a multiple of eight).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The capacity is not positive.</exception>
    public VerifiedTokens(int capacity = DefaultCapacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        places = new Entry?[(capacity + Ways - 1) / Ways * Ways];
    }

    /// <summary>Tokens kept now. Walks all places: for metrics and tests.</summary>
    public int Count => places.Count(p => p is not null);

    /// <summary>The greatest number of tokens it keeps.</summary>
    public int Capacity => places.Length;

    /// <summary>
    /// Finds the principal of a token that was verified before and has not expired at <paramref name="now"/>. Allocates nothing.
    /// When it is not there, <paramref name="slip"/> is what <see cref="Add"/> wants after the verification.
    /// </summary>
    public TPrincipal? Find(ReadOnlySpan<char> token, DateTimeOffset now, out VerificationSlip slip)
    {
        slip = new(hashing.Of(token));
        if (slip.Hash is not { } hash) return null;

        foreach (ref var place in SetOf(hash))
        {
            var entry = Volatile.Read(ref place);
            if (entry is null || entry.Hash != hash) continue;
            if (now >= entry.Expires) return null;
            if (!entry.Asked) entry.Asked = true; // written once only, so that processors can share the line
            return entry.Principal;
        }

        return null;
    }

    /// <summary>
    /// Keeps the principal of a token that has just been verified. The caller says how long: until the token's <c>exp</c> at the latest, and no longer than the
    /// key that it was verified with is to be trusted unseen.
    /// </summary>
    /// <param name="slip">What this cache's <see cref="Find"/> gave before the verification.</param>
    /// <param name="principal">Whose token it is.</param>
    /// <param name="expires">When it is to be verified again.</param>
    /// <param name="now">The time: expired places are free.</param>
    public void Add(in VerificationSlip slip, TPrincipal principal, DateTimeOffset expires, DateTimeOffset now)
    {
        if (slip.Hash is not { } hash || now >= expires) return;

        Volatile.Write(ref Choose(SetOf(hash), hash, now), new Entry(hash, principal, expires));
    }

    private static ref Entry? Choose(Span<Entry?> set, TokenHash hash, DateTimeOffset now)
    {
        var free = -1;
        var idle = -1;
        var earliest = DateTimeOffset.MaxValue; // of the idle
        for (var i = 0; i < set.Length; i++)
        {
            var entry = Volatile.Read(ref set[i]);
            if (entry?.Hash == hash) return ref set[i];
            if (entry is null || now >= entry.Expires) free = i;
            else if (!entry.Asked && (idle < 0 || entry.Expires < earliest)) (idle, earliest) = (i, entry.Expires);
        }

        if (free >= 0) return ref set[free];
        if (idle >= 0) return ref set[idle];

        // All were asked for: a new round begins. The newcomer's own hash says who goes, so that nobody can be sure to stay.
        foreach (ref var place in set)
        {
            if (Volatile.Read(ref place) is { } entry) entry.Asked = false;
        }

        return ref set[(int)(hash.Last % Ways)];
    }

    // Each half by itself is even over tokens, and not over short texts that differ in one word.
    private Span<Entry?> SetOf(TokenHash hash) => places.AsSpan((int)Math.BigMul((hash.First ^ hash.Last) * Spread, (ulong)(places.Length / Ways), out _) * Ways, Ways);

    private sealed class Entry(TokenHash hash, TPrincipal principal, DateTimeOffset expires)
    {
        public bool Asked;

        public TokenHash Hash => hash;

        public TPrincipal Principal => principal;

        public DateTimeOffset Expires => expires;
    }
}

/// <summary>Goes from the question that found nothing, through the verification, to the answer that is kept.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly struct VerificationSlip
{
    internal VerificationSlip(TokenHash? hash) => Hash = hash;

    /// <summary>Null for a token that is never remembered: too long, or not ASCII.</summary>
    internal TokenHash? Hash { get; }
}
