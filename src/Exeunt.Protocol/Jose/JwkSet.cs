using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Exeunt.Protocol.Jose;

/// <summary>
/// The keys of <b>one</b> issuer (RFC 7517 §5). Never put keys of two issuers into one set: a <c>kid</c> means something only to the issuer who gave it.
/// Immutable; safe for every thread.
/// </summary>
public sealed class JwkSet
{
    private const int MostBytes = 256 * 1024;
    private const int MostKeys = 100;

    private readonly Dictionary<string, VerificationKey> named; // never changed; to freeze a handful of keys costs more than it gives
    private readonly VerificationKey[] nameless;

    /// <exception cref="ArgumentException">Two keys carry the same <c>kid</c>: which of them a token means could not be told.</exception>
    public JwkSet(params IEnumerable<VerificationKey> keys)
    {
        Keys = [.. keys];
        nameless = [.. Keys.Where(key => key.KeyId is null)];
        named = Keys.Where(key => key.KeyId is not null).ToDictionary(key => key.KeyId!, StringComparer.Ordinal);
    }

    /// <summary>A set that verifies nothing.</summary>
    public static JwkSet Empty { get; } = new();

    /// <summary>The keys, in the order in which they came.</summary>
    public IReadOnlyList<VerificationKey> Keys { get; }

    /// <summary>Why keys of a parsed set were left out, one sentence each; for those who look for a missing key.</summary>
    public IReadOnlyList<string> Ignored { get; private init; } = [];

    /// <summary>
    /// Reads a published set. Keys of unknown kind, for another use, or unsafe ones are left out (RFC 7517 §5); what makes the whole set doubtful refuses it:
    /// malformed JSON, no array <c>keys</c>, repeated members, a <c>kid</c> given twice, more than 256 KiB or 100 keys.
    /// </summary>
    /// <param name="utf8">The document as received.</param>
    /// <param name="set">The set, possibly without any usable key.</param>
    /// <param name="why">What is wrong with it, in one sentence.</param>
    public static bool TryParse(ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out JwkSet? set, [NotNullWhen(false)] out string? why)
    {
        set = null;
        why = null;
        if (utf8.Length > MostBytes) why = $"The key set is larger than {MostBytes} bytes.";
        else if (StrictJson.ParseObject(utf8) is not { } json) why = "The key set is not one well-formed JSON object without repeated members.";
        else if (!json.TryGetProperty("keys", out var keys) || keys.ValueKind is not JsonValueKind.Array) why = "The key set has no array named keys.";
        else if (keys.GetArrayLength() > MostKeys) why = $"The key set has more than {MostKeys} keys.";
        else set = Read(keys, out why);

        return set is not null;
    }

    /// <summary>
    /// Finds the key a token means. A <c>kid</c> finds the key of that name; if none has it, or the token has no <c>kid</c>, the only nameless key
    /// (or the only key) for the algorithm is taken.
    /// </summary>
    /// <returns><see langword="null"/> when there is none, or when more than one could be meant.</returns>
    public VerificationKey? Find(string? keyId, JwsAlgorithm algorithm)
    {
        if (keyId is not null && named.TryGetValue(keyId, out var key)) return key.TryFor(algorithm, out key) ? key : null;

        VerificationKey? only = null;
        foreach (var candidate in keyId is null ? Keys : nameless)
        {
            if (!candidate.TryFor(algorithm, out var fitting)) continue;
            if (only is not null) return null;
            only = fitting;
        }

        return only;
    }

    /// <summary>Whether a key of this name is in the set, for whatever algorithm. When not, it may help to fetch the set again.</summary>
    public bool Knows(string? keyId) => keyId is not null && named.ContainsKey(keyId);

    /// <summary>Writes the set for publication (<c>application/jwk-set+json</c>).</summary>
    /// <exception cref="InvalidOperationException">It contains a shared secret.</exception>
    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartArray("keys");
        foreach (var key in Keys) key.WritePublicJwk(json);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>The document that <see cref="WriteTo"/> writes, as UTF-8.</summary>
    /// <exception cref="InvalidOperationException">It contains a shared secret.</exception>
    public byte[] ToUtf8()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer)) WriteTo(json);
        return buffer.WrittenSpan.ToArray();
    }

    private static JwkSet? Read(JsonElement keys, out string? why)
    {
        var usable = new List<VerificationKey>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        var ignored = new List<string>();
        foreach (var jwk in keys.EnumerateArray())
        {
            try
            {
                var key = JwkReader.Read(jwk);
                if (key.KeyId is { } name && !names.Add(name))
                {
                    why = "Two keys of the set carry the same kid.";
                    return null;
                }

                usable.Add(key);
            }
            catch (FormatException unusable)
            {
                ignored.Add($"Key {usable.Count + ignored.Count + 1}: {unusable.Message}");
            }
        }

        why = null;
        return new(usable) { Ignored = ignored };
    }
}
