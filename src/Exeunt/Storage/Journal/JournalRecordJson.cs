using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Exeunt.Audit;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;

namespace Exeunt.Storage.Journal;

/// <summary>A record as bytes. Written and read by hand, as the node's memory is: a serializer would be compiled in the middle of an outage.</summary>
internal static class JournalRecordJson
{
    // What is not ASCII stays as it is: a record must be small, and nobody renders it.
    private static readonly JsonWriterOptions Small = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static byte[] Write(JournalRecord record)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, Small))
        {
            json.WriteStartObject();
            json.WriteString("id", record.Event.ToString());
            json.WriteNumber("at", record.At.ToUnixTimeMilliseconds());
            json.WriteString("epoch", record.Epoch);
            json.WriteNumber("reason", (int)record.Reason);
            json.WriteNumber("by", (int)record.By.Kind);
            WriteText(json, "by_user", record.By.User?.ToString());
            WriteText(json, "by_session", record.By.Session?.ToString());
            WriteText(json, "by_name", record.By.Name);
            WriteText(json, "user", record.User?.ToString());
            WriteText(json, "session", record.Session?.ToString());
            WriteText(json, "except", record.Except?.ToString());
            WriteText(json, "client", record.Client);
            if (record.Generation is { } generation) json.WriteNumber("generation", generation);
            WriteText(json, "detail", record.Detail);
            WriteText(json, "claimed", record.Claimed);
            WriteText(json, "address", record.Address);
            WriteText(json, "agent", record.UserAgent);
            if (record.Outside is { } outside) WriteOutside(json, outside);
            if (record.Revocation is { } revocation)
            {
                json.WriteStartObject("revocation");
                MemoryLine.Write(json, revocation);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Null when a newer version wrote it in a way that this one does not understand.</summary>
    public static JournalRecord? Read(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            using var document = JsonDocument.Parse(utf8);
            return Read(document.RootElement);
        }
        catch (Exception failure) when (failure is JsonException or FormatException or InvalidOperationException or KeyNotFoundException)
        {
            return null;
        }
    }

    private static JournalRecord Read(JsonElement json)
    {
        var epoch = json.GetProperty("epoch").GetString()!;
        return new()
        {
            Event = Id.Parse<EventId>(json.GetProperty("id").GetString()),
            At = Time(json.GetProperty("at")),
            Epoch = epoch,
            Reason = (EndReason)json.GetProperty("reason").GetInt32(),
            By = new((ActorKind)json.GetProperty("by").GetInt32(), ReadId<UserId>(json, "by_user"), ReadId<SessionId>(json, "by_session"), Text(json, "by_name")),
            User = ReadId<UserId>(json, "user"),
            Session = ReadId<SessionId>(json, "session"),
            Except = ReadId<SessionId>(json, "except"),
            Client = Text(json, "client"),
            Generation = json.TryGetProperty("generation", out var generation) ? generation.GetUInt32() : null,
            Detail = Text(json, "detail"),
            Claimed = Text(json, "claimed"),
            Address = Text(json, "address"),
            UserAgent = Text(json, "agent"),
            Outside = json.TryGetProperty("outside", out var outside) ? ReadOutside(outside) : null,
            Revocation = json.TryGetProperty("revocation", out var revocation) ? MemoryLine.Read(revocation, "", 0) : null,
        };
    }

    private static void WriteOutside(Utf8JsonWriter json, JournaledToken outside)
    {
        json.WriteStartObject("outside");
        json.WriteString("provider", outside.Provider);
        json.WriteString("subject", outside.Subject);
        if (outside.AuthenticatedAt is { } began) json.WriteNumber("began", began.ToUnixTimeMilliseconds());
        json.WriteNumber("expires", outside.ExpiresAt.ToUnixTimeMilliseconds());
        json.WriteEndObject();
    }

    private static JournaledToken ReadOutside(JsonElement json) => new(
        json.GetProperty("provider").GetString()!, json.GetProperty("subject").GetString()!,
        json.TryGetProperty("began", out var began) ? Time(began) : null, Time(json.GetProperty("expires")));

    private static void WriteText(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null) json.WriteString(name, value);
    }

    private static string? Text(JsonElement json, string name) => json.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static T? ReadId<T>(JsonElement json, string name)
        where T : struct, IId<T> => json.TryGetProperty(name, out var value) ? Id.Parse<T>(value.GetString()) : null;

    private static DateTimeOffset Time(JsonElement milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds.GetInt64());
}
