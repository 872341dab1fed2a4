using System.Text.Json;

namespace Exeunt.Protocol.Jose;

/// <summary>
/// The header of a token, as far as it is obeyed (RFC 7515 §4). What it brings along to be verified with (<c>jwk</c>, <c>jku</c>, <c>x5u</c>, <c>x5c</c>) is
/// not even read: who signs a token does not choose the key that believes it (RFC 8725 §3.10).
/// </summary>
internal readonly record struct JwsHeader(string Algorithm, string? Type, string? KeyId, bool HasExtension)
{
    /// <returns><see langword="null"/> when it is not strict JSON, or a member has a wrong type.</returns>
    public static JwsHeader? Parse(ReadOnlySpan<byte> utf8)
    {
        if (StrictJson.ParseObject(utf8) is not { } json) return null;
        if (json.Text("alg") is not { } algorithm) return null;
        if (!TryOptional(json, "typ", out var type) || !TryOptional(json, "kid", out var keyId)) return null;
        if (keyId is "" or { Length: > JwkReader.LongestKeyId }) return null;

        // crit lists what must be understood or refused (§4.1.11). We understand none, so its presence decides; b64 is refused without crit, too.
        var hasExtension = json.TryGetProperty("crit", out _) || json.TryGetProperty("b64", out _);
        return new(algorithm, type, keyId, hasExtension);
    }

    private static bool TryOptional(JsonElement json, string name, out string? text)
    {
        text = json.Text(name);
        return text is not null || !json.TryGetProperty(name, out _);
    }
}
