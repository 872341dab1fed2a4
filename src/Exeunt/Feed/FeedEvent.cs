using System.Text;
using Exeunt.Protocol.Feed;
using Exeunt.Protocol.Revocations;

namespace Exeunt.Feed;

/// <summary>One event of the feed, ready to be written: made once, sent to every reader.</summary>
/// <param name="Bytes">The event as server-sent events write it, the empty line included.</param>
/// <param name="Sequence">The place in the log that a reader has come to with it; 0 when it moves nobody.</param>
internal sealed record FeedEvent(byte[] Bytes, long Sequence)
{
    /// <summary>A revocation, with its place as the id if it has one.</summary>
    public static FeedEvent Of(Revocation revocation, bool withId) => new(
        Encode(FeedEvents.Revocation, withId ? new FeedPlace(revocation.Epoch, revocation.Sequence) : null, RevocationJson.ToUtf8(revocation)),
        withId ? revocation.Sequence : 0);

    /// <summary>A heartbeat.</summary>
    public static FeedEvent Of(Heartbeat heartbeat)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>(128);
        using (var json = new System.Text.Json.Utf8JsonWriter(buffer)) heartbeat.WriteTo(json);
        return new(Encode(FeedEvents.Heartbeat, null, buffer.WrittenSpan), 0);
    }

    /// <summary>Asks readers to acknowledge what they have taken in up to this place.</summary>
    public static FeedEvent AckUpTo(FeedPlace place) => new(Encode(FeedEvents.Ack, null, Encoding.ASCII.GetBytes($$"""{"id":"{{place}}"}""")), 0);

    /// <summary>The bytes of an event. The data is one line of JSON.</summary>
    public static byte[] Encode(string name, FeedPlace? id, ReadOnlySpan<byte> data) =>
        [.. Encoding.ASCII.GetBytes(id is null ? $"event: {name}\ndata: " : $"id: {id}\nevent: {name}\ndata: "), .. data, (byte)'\n', (byte)'\n'];
}
