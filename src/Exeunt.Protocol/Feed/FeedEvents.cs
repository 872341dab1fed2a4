namespace Exeunt.Protocol.Feed;

/// <summary>The names of the feed's events, and the addresses and headers that belong to it. docs/feed.md describes each.</summary>
public static class FeedEvents
{
    /// <summary>One revocation. Its id is its place in the log; one without an id is not in the log yet, or was prolonged there.</summary>
    public const string Revocation = "revocation";

    /// <summary>A part of all that is in force. The last part carries the id that the reader has then come to.</summary>
    public const string Snapshot = "snapshot";

    /// <summary>How far the log has come and how fresh the server's own knowledge is.</summary>
    public const string Heartbeat = "heartbeat";

    /// <summary>Asks the reader to acknowledge what it has taken in up to a place.</summary>
    public const string Ack = "ack";

    /// <summary>Where the feed is, below the server's address.</summary>
    public const string StreamPath = "api/v1/revocations/stream";

    /// <summary>Where acknowledgements go, below the server's address.</summary>
    public const string AckPath = "api/v1/revocations/ack";

    /// <summary>Where a guard asks about one token, below the server's address.</summary>
    public const string CheckPath = "api/v1/revocations/check";

    /// <summary>Header of the stream's answer: the id under which its reader acknowledges.</summary>
    public const string StreamHeader = "Exeunt-Stream";

    /// <summary>Time between two heartbeats. Three that fail to come are a broken stream.</summary>
    public static TimeSpan HeartbeatEvery { get; } = TimeSpan.FromSeconds(5);

    /// <summary>From this age on, what a guard knows is stale.</summary>
    public static TimeSpan StaleAfter { get; } = TimeSpan.FromSeconds(15);
}
