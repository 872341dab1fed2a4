using Exeunt.Guard.Revocations;
using Exeunt.Protocol.Revocations;

namespace Exeunt.Guard;

/// <summary>
/// Answers "must this token be refused?" from memory, by the rule of <see cref="Revocation.Covers"/>: no network, no allocation, no lock
/// on the asking side, safe from every thread.
/// </summary>
/// <remarks>
/// <para>It only ever adds. Order and repeats do not matter; nothing leaves except by <see cref="RemoveExpired"/>.</para>
/// <para>What has expired goes on refusing until it is removed. That harms no token of ours: all that it covers have expired before it, a sid
/// is never used twice, and new sessions are younger than any cut-off. Only an outside token that does not tell its session's age is
/// refused for as long as the removal is late, so call it every minute or so.</para>
/// <para>Only keyed fingerprints are kept, not the ids (<see cref="Fingerprints"/> counts what that risks).</para>
/// </remarks>
public sealed class RevocationIndex
{
    private readonly Lock writing = new();

    // The first takes what is applied. Others come from files that were saved under another key and could not be merged; they fade by expiry.
    private Layer[] layers;
    private long changes;

    /// <summary>An empty index under a fresh random key.</summary>
    public RevocationIndex()
        : this(Fingerprints.WithRandomKey())
    {
    }

    internal RevocationIndex(Fingerprints fingerprints) => layers = [new(fingerprints)];

    /// <summary>Entries held, expired ones that have not been removed included; one that others imply is not kept.</summary>
    public int Count => Volatile.Read(ref layers).Sum(l => l.Count);

    /// <summary>Memory of the entries, in bytes.</summary>
    public long Bytes => Volatile.Read(ref layers).Sum(l => l.Bytes);

    /// <summary>How often something was added or removed. Who saves while it shows a number has saved all of that number, and perhaps more.</summary>
    internal long Changes => Volatile.Read(ref changes);

    /// <summary>Whether a revocation covers this token.</summary>
    public bool IsRevoked(in TokenFacts token)
    {
        foreach (var layer in Volatile.Read(ref layers))
        {
            if (layer.IsRevoked(token)) return true;
        }

        return false;
    }

    /// <summary>A token that will be asked about again and again.</summary>
    internal RepeatedToken Repeat(in TokenFacts token) => new(token, Volatile.Read(ref layers)[0].Fingerprints);

    /// <summary>The same answer as for its facts, sooner.</summary>
    internal bool IsRevoked(in RepeatedToken token)
    {
        foreach (var layer in Volatile.Read(ref layers))
        {
            if (token.IsRevokedBy(layer)) return true;
        }

        return false;
    }

    /// <summary>Takes in one revocation. When this returns, every later question on any thread is answered with it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The scope is none that this version knows.</exception>
    public void Apply(Revocation revocation)
    {
        lock (writing)
        {
            layers[0].Add(revocation);
            Changed();
        }
    }

    /// <summary>Takes in many, one after the other; questions and other writers go on in between.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A scope is none that this version knows; those before it have been taken in.</exception>
    public void Apply(IEnumerable<Revocation> revocations)
    {
        foreach (var revocation in revocations) Apply(revocation);
    }

    /// <summary>
    /// Forgets what expired up to <paramref name="now"/> (ledger time; fractions of a second are rounded so as to forget late) and returns how
    /// many entries that were. Costs little when nothing expired; otherwise the tables concerned are built anew while questions go on.
    /// </summary>
    public int RemoveExpired(DateTimeOffset now)
    {
        lock (writing)
        {
            var removed = layers.Sum(l => l.RemoveExpired(Expiry.RoundDown(now)));
            if (removed != 0) Changed();
            if (layers.Length > 1) Volatile.Write(ref layers, [layers[0], .. layers.Skip(1).Where(l => l.Count != 0)]);
            return removed;
        }
    }

    /// <summary>
    /// Writes all that it holds, the fingerprint key included: keep the file as private as the process. Questions and additions go on meanwhile;
    /// what is added after the call began may be missing. The caller makes the write atomic (a new file, synced, then renamed).
    /// </summary>
    public void Save(Stream destination) => IndexFile.Write(destination, Volatile.Read(ref layers));

    /// <summary>
    /// Adds what <see cref="Save"/> wrote to what is here; nothing is forgotten. Load before the first <see cref="Apply(Revocation)"/>: an empty
    /// index takes over the file's key, any other one keeps a second layer that is asked as well until it has expired.
    /// </summary>
    /// <returns>What was found; unless <see cref="IndexLoad.Loaded"/>, nothing has changed.</returns>
    public IndexLoad Load(Stream source)
    {
        var found = IndexFile.Read(source, out var loaded);
        if (found is not IndexLoad.Loaded) return found;

        lock (writing)
        {
            List<Layer> merged = Count == 0 ? [] : [.. layers];
            foreach (var layer in loaded)
            {
                if (merged.Find(l => l.Fingerprints.Key.SequenceEqual(layer.Fingerprints.Key)) is { } same) same.Add(layer);
                else merged.Add(layer);
            }

            Volatile.Write(ref layers, [.. merged]);
            Changed();
        }

        return IndexLoad.Loaded;
    }

    // Only under the lock, and after what it counts: who reads the number and saves then, misses nothing of it.
    private void Changed() => Volatile.Write(ref changes, changes + 1);
}
