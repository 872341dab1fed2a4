using System.Runtime.InteropServices;
using Exeunt.Protocol.Revocations;

namespace Exeunt.Guard.Revocations;

/// <summary>A cut-off as the index keeps it: 48 bytes, written once. What it covers is what <see cref="Revocation.Covers"/> says.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct CutOff
{
    /// <summary>Its size in memory: 16 + 8 + 8 + 8 + 4 + 4.</summary>
    public const int Bytes = 48;

    private const long NoSecond = long.MinValue;

    /// <summary>Ids of own sessions up to this one are covered; 0, which is no id, covers none.</summary>
    public required UInt128 UpTo { get; init; }

    /// <summary>Whose sessions.</summary>
    public required ulong Fingerprint { get; init; }

    /// <summary>Fingerprint of the session that is spared; <see cref="Fingerprints.None"/> spares none.</summary>
    public required ulong Except { get; init; }

    /// <summary>Outside sessions that began up to this second are covered; the smallest number covers none.</summary>
    public required long UpToSecond { get; init; }

    /// <summary>When it can be forgotten, in seconds since 1970.</summary>
    public required uint Expires { get; init; }

    /// <summary>Place of the next one in its bucket, plus one; 0 ends the chain.</summary>
    public int Next { get; init; }

    /// <summary>Takes over what a revocation says.</summary>
    public static CutOff Of(Revocation revocation, ulong fingerprint, ulong except) => new()
    {
        UpTo = revocation.UpTo?.Value ?? 0,
        Fingerprint = fingerprint,
        Except = except,
        UpToSecond = revocation.UpToSecond ?? NoSecond,
        Expires = Expiry.RoundUp(revocation.Expires),
    };

    /// <summary>The same, followed by another one.</summary>
    public CutOff Before(int next) => new()
    {
        UpTo = UpTo,
        Fingerprint = Fingerprint,
        Except = Except,
        UpToSecond = UpToSecond,
        Expires = Expires,
        Next = next,
    };

    /// <summary>Whether it covers this token of the right subject; <paramref name="session"/> is the fingerprint of its sid.</summary>
    public bool Covers(in TokenFacts token, ulong session)
    {
        if (Except != Fingerprints.None && Except == session) return false;

        return token.OwnSession is { } own
            ? UpTo != 0 && own.Value <= UpTo
            : UpToSecond != NoSecond && (token.SessionBegan is not { } began || began <= UpToSecond);
    }

    /// <summary>
    /// Whether those others, of the same subject, cover all that this one covers, for as long: one of them that reaches as far does, if it
    /// spares nobody or the same session. So do two that spare different sessions, because each covers the one that the other spares. A
    /// subject therefore has two entries at most, however often it ends "all but this one" — as long as later cut-offs expire later.
    /// </summary>
    public bool IsImpliedBy(IEnumerable<CutOff> others)
    {
        var spared = Fingerprints.None;
        foreach (var other in others)
        {
            if (!other.ReachesAsFarAs(this)) continue;
            if (other.Except == Fingerprints.None || other.Except == Except) return true;
            if (spared != Fingerprints.None && other.Except != spared) return true;
            spared = other.Except;
        }

        return false;
    }

    private bool ReachesAsFarAs(in CutOff other) => UpTo >= other.UpTo && UpToSecond >= other.UpToSecond && Expires >= other.Expires;
}
