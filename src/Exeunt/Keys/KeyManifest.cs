using System.Buffers;
using System.Text.Json;

namespace Exeunt.Keys;

/// <summary>
/// What stands in <c>keys.json</c>: which keys there are and from when on they are used. Everything else (next, in use, retired, done with) follows from the
/// clock by <see cref="KeySchedule"/>, so that no step of a key's life can be forgotten by a crash.
/// </summary>
/// <param name="Signing">The keys that sign tokens.</param>
/// <param name="Secrets">The server's own secrets.</param>
internal sealed record KeyManifest(IReadOnlyList<SigningKeyEntry> Signing, IReadOnlyList<SecretEntry> Secrets)
{
    /// <summary>Nothing yet.</summary>
    public static KeyManifest Empty { get; } = new([], []);

    /// <summary>The file's text. It is written and read by hand: a serializer would be compiled at every start.</summary>
    public byte[] ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer, new() { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteStartArray("signing");
            foreach (var key in Signing)
            {
                json.WriteStartObject();
                json.WriteString("kid", key.Kid);
                json.WriteString("alg", key.Alg);
                json.WriteString("made", key.Made);
                json.WriteString("signs_from", key.SignsFrom);
                json.WriteNumber("longest_token", key.LongestToken);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("secrets");
            foreach (var secret in Secrets)
            {
                json.WriteStartObject();
                json.WriteNumber("number", secret.Number);
                json.WriteString("made", secret.Made);
                json.WriteNumber("longest_session", secret.LongestSession);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <exception cref="JsonException">It is no JSON; other exceptions tell of members that are missing or of another kind.</exception>
    public static KeyManifest FromJson(byte[] utf8)
    {
        using var document = JsonDocument.Parse(utf8);
        var signing = document.RootElement.GetProperty("signing").EnumerateArray().Select(key => new SigningKeyEntry(
            key.GetProperty("kid").GetString()!, key.GetProperty("alg").GetString()!, key.GetProperty("made").GetDateTimeOffset(),
            key.GetProperty("signs_from").GetDateTimeOffset(), key.GetProperty("longest_token").GetInt64()));
        var secrets = document.RootElement.GetProperty("secrets").EnumerateArray().Select(secret => new SecretEntry(
            secret.GetProperty("number").GetByte(), secret.GetProperty("made").GetDateTimeOffset(), secret.GetProperty("longest_session").GetInt64()));
        return new([.. signing], [.. secrets]);
    }
}

/// <summary>A key that signs tokens; its private half is in <c>signing-&lt;kid&gt;.pem</c>.</summary>
/// <param name="Kid">Its RFC 7638 thumbprint.</param>
/// <param name="Alg"><c>ES256</c> or <c>RS256</c>.</param>
/// <param name="Made">When it was made, ledger time.</param>
/// <param name="SignsFrom">From when on it signs, until another one's time has come.</param>
/// <param name="LongestToken">The longest that a token it signs may live, in seconds: so long it is published after it has signed its last.</param>
internal sealed record SigningKeyEntry(string Kid, string Alg, DateTimeOffset Made, DateTimeOffset SignsFrom, long LongestToken);

/// <summary>A secret of the server, in <c>server-&lt;number&gt;.key</c>. The newest makes tokens.</summary>
/// <param name="Number">What refresh tokens call it.</param>
/// <param name="Made">When it was made, ledger time.</param>
/// <param name="LongestSession">The longest that a session it serves may live, in seconds: so long it verifies after a newer one was made.</param>
internal sealed record SecretEntry(byte Number, DateTimeOffset Made, long LongestSession);
