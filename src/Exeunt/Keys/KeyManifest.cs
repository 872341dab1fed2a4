using System.Text.Json;
using System.Text.Json.Serialization;

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

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(KeyManifest))]
internal sealed partial class KeyJson : JsonSerializerContext;
