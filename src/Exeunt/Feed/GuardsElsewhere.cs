using Exeunt.Storage;

namespace Exeunt.Feed;

/// <summary>The guards that follow other nodes, by what those have last said. A node that has said nothing for <see cref="Silence"/> has lost its guards.</summary>
internal sealed class GuardsElsewhere
{
    /// <summary>How long a node may say nothing: ten times as long as it usually does.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(10);

    private volatile Known known = new(new Dictionary<string, ConnectedGuard>(), []);

    /// <summary>Those that are connected to another node.</summary>
    public IReadOnlyDictionary<string, ConnectedGuard> ByStream => known.ByStream;

    /// <summary>Those that another node has lost, or that were lost with it.</summary>
    public IReadOnlyList<Loss> Lost => known.Lost;

    /// <summary>Takes in what the others have said. One reader of words at a time calls it.</summary>
    /// <param name="words">The last of each.</param>
    /// <param name="now">Ledger time.</param>
    /// <param name="until">From when on a guard that was lost then does not matter any more.</param>
    /// <returns>Whether a guard came, went or acknowledged.</returns>
    public bool Hear(IReadOnlyList<(NodeWord Said, GuardWord Word)> words, DateTimeOffset now, Func<ConnectedGuard, DateTimeOffset, DateTimeOffset> until)
    {
        var before = known.ByStream;
        var following = new Dictionary<string, ConnectedGuard>();
        var lost = new List<Loss>();
        var hasChanged = false;
        foreach (var (said, word) in words)
        {
            lost.AddRange(word.Lost.Select(missing => missing.ToLoss()));
            foreach (var follower in word.Following)
            {
                var guard = before.GetValueOrDefault(follower.Stream) ?? follower.ToGuard();
                if (now - said.At > Silence)
                {
                    lost.Add(new(guard.Key, said.At, until(guard, said.At)));
                    continue;
                }

                var acknowledged = guard.Acknowledged.UpTo;
                follower.Tell(guard);
                hasChanged |= guard.Acknowledged.UpTo != acknowledged || !before.ContainsKey(follower.Stream);
                following[follower.Stream] = guard;
            }
        }

        hasChanged |= before.Keys.Any(stream => !following.ContainsKey(stream));
        known = new(following, [.. lost.Where(loss => loss.Until > now)]);
        return hasChanged;
    }

    private sealed record Known(IReadOnlyDictionary<string, ConnectedGuard> ByStream, IReadOnlyList<Loss> Lost);
}
