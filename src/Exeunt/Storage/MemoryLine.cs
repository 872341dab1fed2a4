using System.Buffers;
using System.Text.Json;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;

namespace Exeunt.Storage;

/// <summary>
/// One line of the node's memory. It is written and read by hand: a serializer would be compiled at every start, which costs more than everything else that
/// opening does.
/// </summary>
/// <param name="Epoch">Which life of the ledger it saw.</param>
/// <param name="Sequence">How far its log had come.</param>
/// <param name="Revocation">The revocation at that place; null in the first line.</param>
internal sealed record MemoryLine(string Epoch, long Sequence, Revocation? Revocation)
{
    /// <summary>In the first line, how many lines the file had when it was written anew; null when that was not known.</summary>
    public long? Lines { get; init; }

    /// <summary>Writes it as JSON in UTF-8.</summary>
    public void WriteTo(IBufferWriter<byte> buffer)
    {
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("epoch", Epoch);
            json.WriteNumber("sequence", Sequence);
            if (Lines is { } lines) json.WriteNumber("lines", lines);
            if (Revocation is { } revocation) Write(json, revocation);
            json.WriteEndObject();
        }
    }

    /// <exception cref="JsonException">It is no JSON; other exceptions tell of members that are missing or of another kind.</exception>
    public static MemoryLine FromJson(string text)
    {
        using var document = JsonDocument.Parse(text);
        var line = document.RootElement;
        var (epoch, sequence) = (line.GetProperty("epoch").GetString()!, line.GetProperty("sequence").GetInt64());
        return new(epoch, sequence, line.TryGetProperty("event", out _) ? Read(line, epoch, sequence) : null);
    }

    /// <summary>Reads no more than where the line stands; false when that cannot be read.</summary>
    /// <param name="utf8">The line.</param>
    /// <param name="place">Epoch and sequence.</param>
    /// <param name="lines"><see cref="Lines"/>, when it says so.</param>
    public static bool TryReadPlace(ReadOnlySpan<byte> utf8, out (string Epoch, long Sequence) place, out long? lines)
    {
        (place, lines) = (default, null);
        try
        {
            var json = new Utf8JsonReader(utf8);
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject) return false;
            if (!json.Read() || !json.ValueTextEquals("epoch"u8) || !json.Read()) return false;
            var epoch = json.GetString()!;
            if (!json.Read() || !json.ValueTextEquals("sequence"u8) || !json.Read()) return false;
            place = (epoch, json.GetInt64());
            if (json.Read() && json.TokenType == JsonTokenType.PropertyName && json.ValueTextEquals("lines"u8) && json.Read()) lines = json.GetInt64();
            return true;
        }
        catch (Exception failure) when (failure is JsonException or FormatException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Reads no more than when its revocation expires; null when it has none, or one that cannot be read.</summary>
    public static DateTimeOffset? ReadExpiry(ReadOnlySpan<byte> utf8)
    {
        try
        {
            var json = new Utf8JsonReader(utf8);
            while (json.Read())
            {
                if (json.TokenType == JsonTokenType.PropertyName && json.ValueTextEquals("expires"u8) && json.Read()) return DateTimeOffset.FromUnixTimeMilliseconds(json.GetInt64());
            }

            return null;
        }
        catch (Exception failure) when (failure is JsonException or FormatException or InvalidOperationException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }

    internal static void Write(Utf8JsonWriter json, Revocation revocation)
    {
        json.WriteNumber("previous", revocation.Previous);
        json.WriteString("event", revocation.Event.ToString());
        json.WriteNumber("scope", (int)revocation.Scope);
        json.WriteString("issuer", revocation.Issuer);
        json.WriteString("key", revocation.Key);
        if (revocation.UpTo is { } upTo) json.WriteString("up_to", upTo.ToString());
        if (revocation.UpToSecond is { } second) json.WriteNumber("up_to_second", second);
        if (revocation.Except is { } except) json.WriteString("except", except);
        json.WriteNumber("expires", revocation.Expires.ToUnixTimeMilliseconds());
        json.WriteNumber("at", revocation.At.ToUnixTimeMilliseconds());
        json.WriteNumber("reason", (int)revocation.Reason);
    }

    internal static Revocation Read(JsonElement line, string epoch, long sequence) => new()
    {
        Epoch = epoch,
        Sequence = sequence,
        Previous = line.GetProperty("previous").GetInt64(),
        Event = Id.Parse<EventId>(line.GetProperty("event").GetString()),
        Scope = (RevocationScope)line.GetProperty("scope").GetInt32(),
        Issuer = line.GetProperty("issuer").GetString()!,
        Key = line.GetProperty("key").GetString()!,
        UpTo = line.TryGetProperty("up_to", out var upTo) ? Id.Parse<SessionId>(upTo.GetString()) : null,
        UpToSecond = line.TryGetProperty("up_to_second", out var second) ? second.GetInt64() : null,
        Except = line.TryGetProperty("except", out var except) ? except.GetString() : null,
        Expires = DateTimeOffset.FromUnixTimeMilliseconds(line.GetProperty("expires").GetInt64()),
        At = DateTimeOffset.FromUnixTimeMilliseconds(line.GetProperty("at").GetInt64()),
        Reason = (EndReason)line.GetProperty("reason").GetInt32(),
    };
}
