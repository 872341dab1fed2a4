using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using Exeunt.Clients;
using Exeunt.Hosting;
using Exeunt.Protocol.Feed;
using Exeunt.Storage;

namespace Exeunt.Feed;

/// <summary>The guards that follow this node's feed, how far each has acknowledged, and those that were lost. It lives in memory: after a restart nobody has acknowledged anything.</summary>
public sealed class ConnectedGuards(ExeuntOptions options, LedgerClock clock)
{
    // Up to so many, every revocation asks for an acknowledgement, so that enforcement is known as soon as it is there.
    private const int Few = 32;
    private const int StreamBytes = 16;

    private readonly ConcurrentDictionary<string, ConnectedGuard> byStream = new();
    private readonly LostGuards lost = new();
    private volatile TaskCompletionSource changed = NewSignal();

    /// <summary>Those that are connected now.</summary>
    public IReadOnlyCollection<ConnectedGuard> All => [.. byStream.Values];

    /// <summary>Those that left without a goodbye, are not back, and may still open their API to what has been ended since.</summary>
    public IReadOnlyList<LostGuard> Lost => lost.At(clock.GetUtcNow());

    /// <summary>How fast those that are connected enforce; null while none of them was asked.</summary>
    public Propagation? Propagation => Propagation.Of(byStream.Values.SelectMany(guard => guard.Took));

    /// <summary>What they were asked for.</summary>
    internal AskedEndings Asked { get; } = new();

    /// <summary>Whether there are any, and not so many that asking all of them for every ending would be a burden.</summary>
    public bool AreFew => byStream.Count is > 0 and <= Few;

    /// <summary>Whether the guard's stream is still there.</summary>
    internal bool IsConnected(ConnectedGuard guard) => byStream.ContainsKey(guard.Stream);

    /// <summary>Completes when a guard comes, goes or acknowledges after this call.</summary>
    internal Task NextAsync() => changed.Task;

    /// <summary>Counts a new stream; null when its client has as many as it may.</summary>
    /// <param name="client">Whose credentials it has.</param>
    /// <param name="name">What it calls itself.</param>
    /// <param name="instance">Which replica it is.</param>
    /// <param name="tolerance">For how long it goes on when it has lost the feed.</param>
    internal ConnectedGuard? TryEnter(RegisteredClient client, string name, string instance, TimeSpan tolerance = default)
    {
        var stream = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(StreamBytes));
        var guard = new ConnectedGuard(stream, client, name, instance, clock.GetUtcNow(), tolerance);
        byStream[stream] = guard;
        if (byStream.Count <= options.Limits.StreamsPerClient || byStream.Values.Count(g => g.Client.Id == client.Id) <= options.Limits.StreamsPerClient)
        {
            lost.IsBack(guard);
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
        if (!guard.HasSaidGoodbye && !byStream.Values.Any(other => other.IsSameAs(guard)))
        {
            var now = clock.GetUtcNow();
            lost.Add(guard, now, now + Longest(options.Tokens.Lifetime, options.Contracts.Template.TokenLifetime, guard.Tolerance));
        }

        Wake();
    }

    /// <summary>Records an acknowledgement; false when the client has no such stream.</summary>
    internal bool Acknowledge(RegisteredClient client, string stream, FeedPlace upTo)
    {
        if (Find(client, stream) is not { } guard) return false;
        guard.Acknowledge(upTo, clock.GetUtcNow(), Asked);
        Wake();
        return true;
    }

    /// <summary>Records that a guard is about to leave because its API stops; false when the client has no such stream.</summary>
    internal bool SayGoodbye(RegisteredClient client, string stream)
    {
        if (Find(client, stream) is not { } guard) return false;
        guard.HasSaidGoodbye = true;
        return true;
    }

    private ConnectedGuard? Find(RegisteredClient client, string stream) =>
        byStream.TryGetValue(stream, out var guard) && guard.Client.Id == client.Id ? guard : null;

    private void Wake() => Interlocked.Exchange(ref changed, NewSignal()).TrySetResult();

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static TimeSpan Longest(params ReadOnlySpan<TimeSpan> spans)
    {
        var longest = TimeSpan.Zero;
        foreach (var span in spans) longest = span > longest ? span : longest;
        return longest;
    }
}
