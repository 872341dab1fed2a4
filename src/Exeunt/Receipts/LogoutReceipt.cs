using System.Text.Json;
using Exeunt.Feed;
using Exeunt.Protocol.Feed;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Jose;

namespace Exeunt.Receipts;

/// <summary>
/// The signed proof of who enforces an ending, a JWS of type <c>logout-receipt+jwt</c>. It names guards and the ending, and nobody's person.
/// docs/receipts.md is its description for whoever reads one.
/// </summary>
internal sealed record LogoutReceipt
{
    // A verifier takes 16 KiB. Names beyond this many bytes are left out; the counts are always there.
    private const int BytesOfNames = 6 * 1024;

    /// <summary>Who signs.</summary>
    public required string Issuer { get; init; }

    /// <summary>When, ledger time.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Where the ending stands in the revocation log; everything up to there is what was acknowledged.</summary>
    public required FeedPlace Place { get; init; }

    /// <summary>The ending, as the audit trail has it; null for one that has not been written down yet.</summary>
    public EventId? Event { get; init; }

    /// <summary>How many sessions were alive and are not any more.</summary>
    public required long Ended { get; init; }

    /// <summary>Guards that enforce it.</summary>
    public required IReadOnlyList<ConnectedGuard> Acknowledged { get; init; }

    /// <summary>Guards that are connected and had not told by then.</summary>
    public required IReadOnlyList<ConnectedGuard> Lagging { get; init; }

    /// <summary>Guards that are gone without a goodbye.</summary>
    public required IReadOnlyList<LostGuard> Unreachable { get; init; }

    /// <summary>How long was waited.</summary>
    public required TimeSpan Waited { get; init; }

    /// <summary>The hash of the newest audit checkpoint; null while there is none.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>Whether every guard that this server knows of enforces it.</summary>
    public bool IsComplete => Lagging.Count == 0 && Unreachable.Count == 0;

    /// <summary>The receipt in JWS compact form.</summary>
    public string Sign(SigningKey key) => JwtWriter.Write(key, TokenKind.LogoutReceipt.Type, json =>
    {
        json.WriteString("iss", Issuer);
        json.WriteNumber("iat", At.ToUnixTimeMilliseconds() / 1000m);
        if (Event is { } ending) json.WriteString("event", ending.ToString());
        json.WriteString("epoch", Place.Epoch);
        json.WriteNumber("seq", Place.Sequence);
        json.WriteNumber("ended", Ended);
        json.WriteNumber("ms", (long)Waited.TotalMilliseconds);
        json.WriteBoolean("complete", IsComplete);
        if (Checkpoint is not null) json.WriteString("checkpoint", Checkpoint);
        if (Acknowledged.Count + Lagging.Count + Unreachable.Count == 0) json.WriteString("note", "No guard follows this server: only its own API enforces this ending at once.");
        WriteGuards(json);
    });

    // Those that do not enforce it first: their names are what the reader needs.
    private void WriteGuards(Utf8JsonWriter json)
    {
        var left = BytesOfNames;
        json.WriteStartObject("guards");
        WriteGroup(json, "lagging", Lagging.Select(g => (g.Client, g.Name, g.Instance, (DateTimeOffset?)null)), Lagging.Count, ref left);
        WriteGroup(json, "unreachable", Unreachable.Select(g => (g.Client, g.Name, g.Instance, (DateTimeOffset?)g.Since)), Unreachable.Count, ref left);
        WriteGroup(json, "acknowledged", Acknowledged.Select(g => (g.Client, g.Name, g.Instance, (DateTimeOffset?)null)), Acknowledged.Count, ref left);
        json.WriteEndObject();
    }

    private static void WriteGroup(Utf8JsonWriter json, string group, IEnumerable<(AppId Client, string Name, string Instance, DateTimeOffset? Since)> guards, int count, ref int left)
    {
        json.WriteStartObject(group);
        json.WriteNumber("count", count);
        json.WriteStartArray("names");
        foreach (var (client, name, instance, since) in guards)
        {
            var (encodedName, encodedInstance) = (JsonEncodedText.Encode(name), JsonEncodedText.Encode(instance));
            left -= encodedName.EncodedUtf8Bytes.Length + encodedInstance.EncodedUtf8Bytes.Length + 104; // the client, and what stands around them
            if (left < 0) break;
            json.WriteStartObject();
            json.WriteString("client", client.ToString()); // names are for the guards to choose: this one is not
            json.WriteString("name", encodedName);
            if (instance.Length > 0) json.WriteString("instance", encodedInstance);
            if (since is { } at) json.WriteNumber("since", at.ToUnixTimeMilliseconds() / 1000m);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
