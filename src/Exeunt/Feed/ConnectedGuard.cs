using Exeunt.Protocol.Feed;
using Exeunt.Protocol.Ids;

namespace Exeunt.Feed;

/// <summary>One guard's stream. A guard is a client, a name and an instance: two replicas of one name are two guards.</summary>
public sealed class ConnectedGuard(string stream, AppId client, string name, string instance, DateTimeOffset since, TimeSpan tolerance = default)
{
    private const int TimesKept = 128;

    private readonly Lock gate = new();
    private readonly Queue<TimeSpan> took = new();
    private FeedPlace? acknowledged;
    private DateTimeOffset? acknowledgedAt;
    private bool isLagging;
    private volatile bool hasSaidGoodbye;

    /// <summary>The id of its stream: what it acknowledges under.</summary>
    public string Stream => stream;

    /// <summary>Whose credentials it has.</summary>
    public AppId Client => client;

    /// <summary>What it calls itself; the client's name unless it says.</summary>
    public string Name => name;

    /// <summary>Which replica it is; empty unless it says.</summary>
    public string Instance => instance;

    /// <summary>Since when it follows, ledger time.</summary>
    public DateTimeOffset Since => since;

    /// <summary>For how long it opens its API on old knowledge, as it said; nothing unless it did.</summary>
    public TimeSpan Tolerance => tolerance;

    /// <summary>Whether an answer has waited for it in vain since it last acknowledged: then no other answer does.</summary>
    public bool IsLagging
    {
        get
        {
            lock (gate) return isLagging;
        }
    }

    /// <summary>Whether it has told that its API stops.</summary>
    public bool HasSaidGoodbye
    {
        get => hasSaidGoodbye;
        internal set => hasSaidGoodbye = value;
    }

    /// <summary>Up to where it has told that it enforces, and when; nulls while it has not.</summary>
    public (FeedPlace? UpTo, DateTimeOffset? At) Acknowledged
    {
        get
        {
            lock (gate) return (acknowledged, acknowledgedAt);
        }
    }

    /// <summary>How long it took with the newest endings that it was asked for, each from the decision to its acknowledgement.</summary>
    public IReadOnlyList<TimeSpan> Took
    {
        get
        {
            lock (gate) return [.. took];
        }
    }

    /// <summary>Whether it has told that it enforces everything up to this place of this life of the ledger.</summary>
    public bool HasAcknowledged(FeedPlace place)
    {
        lock (gate) return IsAt(place);
    }

    /// <summary>An answer has waited for it to come to this place for long enough. One that has come there meanwhile is not behind.</summary>
    internal void GiveUpAt(FeedPlace place)
    {
        lock (gate) isLagging |= !IsAt(place);
    }

    /// <summary>What it keeps when it comes back on another stream.</summary>
    internal GuardKey Key => new(client, name, instance);

    /// <summary>Acknowledgements are cumulative: one that comes late takes nothing back.</summary>
    /// <param name="upTo">Up to where it enforces.</param>
    /// <param name="at">When it said so.</param>
    /// <param name="asked">What it was asked for, if that was here.</param>
    internal void Acknowledge(FeedPlace upTo, DateTimeOffset at, AskedEndings? asked)
    {
        lock (gate)
        {
            isLagging = false; // it is there: whether it is behind shows the next time
            var before = acknowledged?.Epoch == upTo.Epoch ? acknowledged.Sequence : -1;
            if (before >= upTo.Sequence) return;
            if (asked?.OldestBetween(upTo.Epoch, before, upTo.Sequence, since) is { } decided)
            {
                if (took.Count == TimesKept) took.Dequeue();
                took.Enqueue(at - decided);
            }

            (acknowledged, acknowledgedAt) = (upTo, at);
        }
    }

    private bool IsAt(FeedPlace place) => acknowledged is { } upTo && upTo.Epoch == place.Epoch && upTo.Sequence >= place.Sequence;
}

/// <summary>Who a guard is, on whatever stream of whichever node.</summary>
/// <param name="Client">Whose credentials it has.</param>
/// <param name="Name">What it calls itself.</param>
/// <param name="Instance">Which replica it is.</param>
internal readonly record struct GuardKey(AppId Client, string Name, string Instance);
