using System.Text.Json;
using System.Text.Unicode;

namespace Exeunt.Protocol.Jose;

/// <summary>
/// Reads JSON that decides about security, so that no two readers can understand it differently: well-formed UTF-8, no member twice at any depth
/// (RFC 7515 §4, RFC 7519 §4 leave that to the reader), no comments, no lone surrogates, bounded depth.
/// </summary>
internal static class StrictJson
{
    private const int MaxDepth = 16;

    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false, MaxDepth = MaxDepth };

    /// <returns>The object, or <see langword="null"/> for anything that is not exactly one JSON object under the rules above.</returns>
    public static JsonElement? ParseObject(ReadOnlySpan<byte> utf8)
    {
        if (!Utf8.IsValid(utf8)) return null;

        try
        {
            var root = JsonElement.Parse(utf8, Options);
            if (root.ValueKind is not JsonValueKind.Object) return null;
            if (utf8.Contains((byte)'\\')) ReadEveryString(utf8);
            return root;
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>An escaped lone surrogate is noticed only when the text is read. Reading it here lets all later reading be free of exceptions.</summary>
    /// <exception cref="InvalidOperationException">A string is not Unicode text.</exception>
    private static void ReadEveryString(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = MaxDepth });
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped) reader.GetString();
        }
    }

    /// <returns>The member's text, or <see langword="null"/> when it is missing or not a string.</returns>
    public static string? Text(this JsonElement json, string name) =>
        json.TryGetProperty(name, out var member) && member.ValueKind is JsonValueKind.String ? member.GetString() : null;

    /// <returns>The member's texts, or <see langword="null"/> when it is missing or not an array of nothing but strings.</returns>
    public static IReadOnlyList<string>? Texts(this JsonElement json, string name)
    {
        if (!json.TryGetProperty(name, out var member) || member.ValueKind is not JsonValueKind.Array) return null;

        var texts = new string[member.GetArrayLength()];
        var at = 0;
        foreach (var item in member.EnumerateArray())
        {
            if (item.ValueKind is not JsonValueKind.String) return null;
            texts[at++] = item.GetString()!;
        }

        return texts;
    }
}
