using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using Exeunt.Clients;
using Exeunt.Hosting;
using Exeunt.Protocol.Feed;
using Exeunt.Protocol.Ids;
using Exeunt.Storage;

namespace Exeunt.Feed;

/// <summary>
/// The guards that follow the feed, how far each has acknowledged, and those that were lost: this node's own, and beside them those of the other nodes, of which
/// <see cref="GuardExchange"/> hears. It lives in memory: after a restart nobody has acknowledged anything.
/// </summary>
public sealed class ConnectedGuards(ExeuntOptions options, LedgerClock clock)
{
    // Up to so many, every revocation asks for an acknowledgement, so that enforcement is known as soon as it is there.
    private const int Few = 32;
    private const int StreamBytes = 16;

    private readonly ConcurrentDictionary<string, ConnectedGuard> byStream = new();
    private readonly GuardsElsewhere elsewhere = new();
    private readonly LostGuards lost = new();
    private volatile TaskCompletionSource changed = NewSignal();
    private volatile FeedPlace? wanted;
    private int waiting;

    /// <summary>Those that are connected now, to whichever node.</summary>
    public IReadOnlyCollection<ConnectedGuard> All => [.. byStream.Values, .. elsewhere.ByStream.Values];

    /// <summary>Those that left without a goodbye, are not back, and may still open their API to what has been ended since.</summary>
    public IReadOnlyList<LostGuard> Lost
    {
        get
        {
            var now = clock.GetUtcNow();
            var here = All.Select(guard => guard.Key).ToHashSet();
            return [.. lost.At(now).Concat(elsewhere.Lost).Where(loss => loss.Until > now && !here.Contains(loss.Key)).GroupBy(loss => loss.Key)
                .Select(ofOne => ofOne.MaxBy(loss => loss.Since)!.Guard).OrderBy(guard => guard.Since)];
        }
    }

    /// <summary>How fast those that are connected enforce; null while none of them was asked.</summary>
    public Propagation? Propagation => Propagation.Of(byStream.Values.SelectMany(guard => guard.Took));

    /// <summary>What they were asked for.</summary>
    internal AskedEndings Asked { get; } = new();

    /// <summary>Whether there are any, and not so many that asking all of them for every ending would be a burden.</summary>
    public bool AreFew => byStream.Count + elsewhere.ByStream.Count is > 0 and <= Few;

    /// <summary>Whether somebody waits for guards of other nodes.</summary>
    internal bool AreAwaited => Volatile.Read(ref waiting) > 0;

    /// <summary>Whether the guard's stream is still there.</summary>
    internal bool IsConnected(ConnectedGuard guard) => byStream.ContainsKey(guard.Stream) || elsewhere.ByStream.ContainsKey(guard.Stream);

    /// <summary>Completes when a guard comes, goes or acknowledges after this call.</summary>
    internal Task NextAsync() => changed.Task;

    /// <summary>Until the answer is disposed of, what other nodes say of their guards is asked for often.</summary>
    internal IDisposable AwaitAll()
    {
        if (elsewhere.ByStream.Count == 0) return Patience.None;
        Interlocked.Increment(ref waiting);
        Wake();
        return new Patience(this);
    }

    /// <summary>Has the other nodes ask their guards to acknowledge up to this place.</summary>
    /// <remarks>Of two places the later one counts, as whoever is there is also at the other.</remarks>
    internal void Want(FeedPlace place)
    {
        while (wanted is var before && !(before?.Epoch == place.Epoch && before.Sequence >= place.Sequence))
        {
            if (ReferenceEquals(Interlocked.CompareExchange(ref wanted, place, before), before)) return;
        }
    }

    /// <summary>What this node has to say to the others.</summary>
    internal GuardWord Say() => new(
        [.. byStream.Values.Select(GuardWord.Follower.Of)], [.. lost.At(clock.GetUtcNow()).Select(GuardWord.Missing.Of)], wanted?.ToString());

    /// <summary>Takes in what the other nodes have said.</summary>
    internal void Hear(IReadOnlyList<(NodeWord Said, GuardWord Word)> words)
    {
        var hasChanged = elsewhere.Hear(words, clock.GetUtcNow(), MattersUntil);
        foreach (var guard in elsewhere.ByStream.Values) lost.IsBack(guard.Key);
        if (hasChanged) Wake();
    }

    /// <summary>Counts a new stream; null when its client has as many as it may.</summary>
    /// <param name="client">Whose credentials it has.</param>
    /// <param name="name">What it calls itself.</param>
    /// <param name="instance">Which replica it is.</param>
    /// <param name="tolerance">For how long it goes on when it has lost the feed.</param>
    internal ConnectedGuard? TryEnter(RegisteredClient client, string name, string instance, TimeSpan tolerance = default)
    {
        var stream = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(StreamBytes));
        var guard = new ConnectedGuard(stream, client.Id, name, instance, clock.GetUtcNow(), tolerance);
        byStream[stream] = guard;
        if (byStream.Count <= options.Limits.StreamsPerClient || byStream.Values.Count(g => g.Client == client.Id) <= options.Limits.StreamsPerClient)
        {
            lost.IsBack(guard.Key);
            Wake();
            return guard;
        }

        byStream.TryRemove(stream, out _);
        return null;
    }

    /// <summary>Forgets a stream that has ended. Its id is never given again. One that ended without a goodbye, and has not come back on another, is lost.</summary>
    internal void Leave(ConnectedGuard guard)
    {
        if (!byStream.TryRemove(guard.Stream, out _)) return;
        if (!guard.HasSaidGoodbye && !byStream.Values.Any(other => other.Key == guard.Key))
        {
            var now = clock.GetUtcNow();
            lost.Add(new(guard.Key, now, MattersUntil(guard, now)));
        }

        Wake();
    }

    /// <summary>Records an acknowledgement; false when the client has no such stream.</summary>
    internal bool Acknowledge(AppId client, string stream, FeedPlace upTo)
    {
        if (Find(client, stream) is not { } guard) return false;
        guard.Acknowledge(upTo, clock.GetUtcNow(), Asked);
        Wake();
        return true;
    }

    /// <summary>Records that a guard is about to leave because its API stops; false when the client has no such stream.</summary>
    internal bool SayGoodbye(AppId client, string stream)
    {
        if (Find(client, stream) is not { } guard) return false;
        guard.HasSaidGoodbye = true;
        return true;
    }

    private ConnectedGuard? Find(AppId client, string stream) => byStream.TryGetValue(stream, out var guard) && guard.Client == client ? guard : null;

    // From then on no token that was good when the guard was lost is in its time any more, and the guard has given up.
    private DateTimeOffset MattersUntil(ConnectedGuard guard, DateTimeOffset lostAt) =>
        lostAt + Longest(options.Tokens.Lifetime, options.Contracts.Template.TokenLifetime, guard.Tolerance);

    private void Wake() => Interlocked.Exchange(ref changed, NewSignal()).TrySetResult();

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static TimeSpan Longest(params ReadOnlySpan<TimeSpan> spans)
    {
        var longest = TimeSpan.Zero;
        foreach (var span in spans) longest = span > longest ? span : longest;
        return longest;
    }

    private sealed class Patience(ConnectedGuards? guards) : IDisposable
    {
        private ConnectedGuards? guards = guards;

        public static Patience None { get; } = new(null);

        public void Dispose()
        {
            if (Interlocked.Exchange(ref guards, null) is { } awaited) Interlocked.Decrement(ref awaited.waiting);
        }
    }
}
