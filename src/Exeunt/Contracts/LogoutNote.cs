using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Exeunt.Http;
using Microsoft.AspNetCore.Http;

namespace Exeunt.Contracts;

/// <summary>
/// What clients of some contracts send along with a logout. It decides nothing: who leaves is told by the credential alone. So it may be missing, of any type,
/// or no JSON at all; what can be read of it is recorded.
/// </summary>
/// <param name="UserId">Whom the client believes to log out.</param>
/// <param name="Timestamp">When, by the client's clock.</param>
/// <param name="Reason">Why, in the client's words.</param>
internal sealed record LogoutNote(JsonElement? UserId, JsonElement? Timestamp, JsonElement? Reason)
{
    /// <summary>What the audit says of a body that could not be read.</summary>
    public const string Unreadable = "unreadable_body";

    private const int Longest = 128; // characters of each value

    /// <summary>Reads the body of a request.</summary>
    /// <returns>What it claimed, for the audit, null for nothing; and whether it could be read.</returns>
    public static async ValueTask<(string? Claimed, bool Readable)> ReadAsync(HttpContext http)
    {
        try
        {
            var body = await JsonBody.ReadOptionalAsync(http, LogoutNoteJson.Default.LogoutNote);
            return (body.Value?.ToClaim(), body.Problem is null);
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException)
        {
            return (null, false); // whoever closes the page while asking to log out has asked
        }
    }

    // As JSON, so that whoever reads the audit sees where a value ends, whatever is in it.
    private string? ToClaim()
    {
        if (UserId is null && Timestamp is null && Reason is null) return null;

        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            Write(json, "userId", UserId);
            Write(json, "timestamp", Timestamp);
            Write(json, "reason", Reason);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static void Write(Utf8JsonWriter json, string name, JsonElement? value)
    {
        if (value is not { } said) return;
        var text = TextOf(said);
        json.WriteString(name, text.Length > Longest ? string.Concat(text.AsSpan(0, Longest), "…") : text);
    }

    // JSON may write half of a character ("\ud800"). That is no text and cannot be read as one, but it is no reason to keep anybody from leaving either.
    private static string TextOf(JsonElement value)
    {
        try
        {
            return value.ValueKind is JsonValueKind.String ? value.GetString()! : value.GetRawText();
        }
        catch (InvalidOperationException)
        {
            return value.GetRawText();
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, MaxDepth = 8, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(LogoutNote))]
internal sealed partial class LogoutNoteJson : JsonSerializerContext;
