using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Exeunt.Protocol.Jose;

namespace Exeunt.Protocol.Feed;

/// <summary>What the server says of itself every five seconds.</summary>
/// <param name="Newest">The newest place in the log; everything up to it has been sent on this stream.</param>
/// <param name="Time">The server's time (ledger time, UTC).</param>
/// <param name="AsOf">When the server last read the log with success (ledger time, UTC). A reader knows everything that was ended before it.</param>
/// <param name="Sent">When it was sent by the server's monotonic clock, in milliseconds since some moment; null from a server that does not tell. Ledger time may
/// run slower than that for a while.</param>
public sealed record Heartbeat(FeedPlace Newest, DateTimeOffset Time, DateTimeOffset AsOf, long? Sent = null)
{
    /// <summary>Writes <c>{"newest":"epoch:seq","time":…,"as_of":…,"sent":…}</c>, the first two times in milliseconds since 1970.</summary>
    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("newest", Newest.ToString());
        json.WriteNumber("time", Time.ToUnixTimeMilliseconds());
        json.WriteNumber("as_of", AsOf.ToUnixTimeMilliseconds());
        if (Sent is { } sent) json.WriteNumber("sent", sent);
        json.WriteEndObject();
    }

    /// <summary>Reads it; false for anything else. Members that are not known are left alone.</summary>
    public static bool TryRead(ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out Heartbeat? heartbeat)
    {
        heartbeat = null;
        if (StrictJson.ParseObject(utf8) is not { } json || !FeedPlace.TryParse(json.Text("newest"), out var newest)) return false;
        if (!WireTime.TryRead(json, "time", out var time) || !WireTime.TryRead(json, "as_of", out var asOf)) return false;
        if (!WireTime.TryReadOptional(json, "sent", out var sent)) return false;
        heartbeat = new(newest, time, asOf, sent);
        return true;
    }
}

/// <summary>Instants as the feed writes them.</summary>
internal static class WireTime
{
    private const long Latest = 253_402_300_799_999; // the end of the year 9999, in milliseconds since 1970

    public static bool TryRead(JsonElement json, string name, out DateTimeOffset time)
    {
        time = default;
        return json.TryGetProperty(name, out var member) && member.ValueKind is JsonValueKind.Number && member.TryGetInt64(out var value) && TryOf(value, out time);
    }

    public static bool TryReadOptional(JsonElement json, string name, out long? milliseconds)
    {
        milliseconds = null;
        if (!json.TryGetProperty(name, out _)) return true;
        if (!TryRead(json, name, out var time)) return false;
        milliseconds = time.ToUnixTimeMilliseconds();
        return true;
    }

    public static bool TryOf(long milliseconds, out DateTimeOffset time)
    {
        var isTime = milliseconds is >= 0 and <= Latest;
        time = isTime ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : default;
        return isTime;
    }
}
