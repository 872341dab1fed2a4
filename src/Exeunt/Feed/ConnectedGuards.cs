using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using Exeunt.Clients;
using Exeunt.Hosting;
using Exeunt.Protocol.Feed;
using Exeunt.Storage;

namespace Exeunt.Feed;

/// <summary>The guards that follow this node's feed, and how far each has acknowledged.</summary>
public sealed class ConnectedGuards(ExeuntOptions options, LedgerClock clock)
{
    // Up to so many, every revocation asks for an acknowledgement, so that enforcement is known as soon as it is there.
    private const int Few = 32;
    private const int StreamBytes = 16;

    private readonly ConcurrentDictionary<string, ConnectedGuard> byStream = new();

    /// <summary>Those that are connected now.</summary>
    public IReadOnlyCollection<ConnectedGuard> All => [.. byStream.Values];

    /// <summary>Whether there are any, and not so many that asking all of them for every ending would be a burden.</summary>
    public bool AreFew => byStream.Count is > 0 and <= Few;

    /// <summary>Counts a new stream; null when its client has as many as it may.</summary>
    internal ConnectedGuard? TryEnter(RegisteredClient client, string name, string instance)
    {
        var stream = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(StreamBytes));
        var guard = new ConnectedGuard(stream, client, name, instance, clock.GetUtcNow());
        byStream[stream] = guard;
        if (byStream.Count <= options.Limits.StreamsPerClient || byStream.Values.Count(g => g.Client.Id == client.Id) <= options.Limits.StreamsPerClient) return guard;
        Leave(guard);
        return null;
    }

    /// <summary>Forgets a stream that has ended. Its id is never given again.</summary>
    internal void Leave(ConnectedGuard guard) => byStream.TryRemove(guard.Stream, out _);

    /// <summary>Records an acknowledgement; false when the client has no such stream.</summary>
    internal bool Acknowledge(RegisteredClient client, string stream, FeedPlace upTo)
    {
        if (!byStream.TryGetValue(stream, out var guard) || guard.Client.Id != client.Id) return false;
        guard.Acknowledge(upTo, clock.GetUtcNow());
        return true;
    }
}

/// <summary>One guard's stream. A guard is a client, a name and an instance: two replicas of one name are two guards.</summary>
public sealed class ConnectedGuard(string stream, RegisteredClient client, string name, string instance, DateTimeOffset since)
{
    private readonly Lock gate = new();
    private FeedPlace? acknowledged;
    private DateTimeOffset? acknowledgedAt;

    /// <summary>The id of its stream: what it acknowledges under.</summary>
    public string Stream => stream;

    /// <summary>Whose credentials it has.</summary>
    public RegisteredClient Client => client;

    /// <summary>What it calls itself; the client's name unless it says.</summary>
    public string Name => name;

    /// <summary>Which replica it is; empty unless it says.</summary>
    public string Instance => instance;

    /// <summary>Since when it follows, ledger time.</summary>
    public DateTimeOffset Since => since;

    /// <summary>Up to where it has told that it enforces, and when; nulls while it has not.</summary>
    public (FeedPlace? UpTo, DateTimeOffset? At) Acknowledged
    {
        get
        {
            lock (gate) return (acknowledged, acknowledgedAt);
        }
    }

    /// <summary>Acknowledgements are cumulative: one that comes late takes nothing back.</summary>
    internal void Acknowledge(FeedPlace upTo, DateTimeOffset at)
    {
        lock (gate)
        {
            if (acknowledged is not null && acknowledged.Epoch == upTo.Epoch && acknowledged.Sequence >= upTo.Sequence) return;
            (acknowledged, acknowledgedAt) = (upTo, at);
        }
    }
}
