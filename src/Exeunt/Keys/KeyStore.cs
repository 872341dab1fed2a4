using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Exeunt.Protocol.Jose;

namespace Exeunt.Keys;

/// <summary>The server's keys in their vault: <c>signing-*.pem</c>, <c>server-N.key</c>, and <c>keys.json</c>, which says which of them count.</summary>
internal sealed class KeyStore(IKeyVault vault)
{
    public const string ManifestName = "keys.json";

    private string ManifestFile => vault.Describe(ManifestName);

    /// <summary>See <see cref="IKeyVault.IsShared"/>.</summary>
    public bool IsShared => vault.IsShared;

    /// <summary>Which keys there are.</summary>
    /// <exception cref="InvalidDataException">The file is damaged, or a key that it names is missing.</exception>
    public KeyManifest ReadManifest()
    {
        if (vault.Read(ManifestName) is not { } manifest)
        {
            // Keys without a manifest are not ours to guess about: making new ones would sign everybody out without a word.
            return vault.Names().Any(IsKey)
                ? throw new InvalidDataException($"{ManifestFile} is missing although there are keys beside it; put it back from a copy, or move the folder away to begin with new keys.")
                : KeyManifest.Empty;
        }

        try
        {
            return KeyManifest.FromJson(manifest);
        }
        catch (Exception damage) when (damage is JsonException or FormatException or InvalidOperationException or KeyNotFoundException)
        {
            throw new InvalidDataException($"{ManifestFile} is damaged.", damage);
        }
    }

    /// <summary>Replaces the manifest, then deletes keys that it no longer names: after a crash in between there is a key too many, never one too few.</summary>
    public void Save(KeyManifest manifest)
    {
        vault.Replace(ManifestName, manifest.ToJson());
        var named = manifest.Signing.Select(key => Pem(key.Kid)).Concat(manifest.Secrets.Select(secret => Secret(secret.Number))).ToHashSet();
        foreach (var name in vault.Names().Where(name => IsKey(name) && !named.Contains(name)).ToList()) vault.Delete(name);
    }

    /// <summary>Makes a signing key and stores its private half; it counts once the manifest names it.</summary>
    public SigningKey MakeSigningKey(JwsAlgorithm algorithm)
    {
        var made = SigningKey.Generate(algorithm);
        vault.Replace(Pem(made.KeyId), Encoding.ASCII.GetBytes(made.ExportPem()));
        return made;
    }

    /// <summary>Makes a secret and stores it; it counts once the manifest names it.</summary>
    public void MakeSecret(byte number) =>
        vault.Replace(Secret(number), Encoding.ASCII.GetBytes(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(ServerKeys.SecretBytes)) + "\n"));

    /// <summary>Reads a private key.</summary>
    public SigningKey Load(SigningKeyEntry entry)
    {
        try
        {
            var key = SigningKey.FromPem(Encoding.ASCII.GetString(Read(Pem(entry.Kid))), Enum.Parse<JwsAlgorithm>(entry.Alg));
            return key.KeyId == entry.Kid ? key : throw new InvalidDataException($"{vault.Describe(Pem(entry.Kid))} holds another key than its name says.");
        }
        catch (Exception damage) when (damage is FormatException or ArgumentException)
        {
            throw new InvalidDataException($"{vault.Describe(Pem(entry.Kid))} is not a private key for {entry.Alg}.", damage);
        }
    }

    /// <summary>Reads a secret.</summary>
    public byte[] Load(SecretEntry entry)
    {
        try
        {
            var secret = Convert.FromHexString(Encoding.ASCII.GetString(Read(Secret(entry.Number))).Trim());
            return secret.Length == ServerKeys.SecretBytes ? secret : throw new InvalidDataException($"{vault.Describe(Secret(entry.Number))} is too short.");
        }
        catch (FormatException damage)
        {
            throw new InvalidDataException($"{vault.Describe(Secret(entry.Number))} is not a secret in hexadecimal digits.", damage);
        }
    }

    /// <summary>Keeps others from changing the vault until it is disposed: a server's job, another node and the command line may want to at once.</summary>
    /// <exception cref="IOException">Somebody else holds it and does not let go.</exception>
    public IDisposable Lock() => vault.Lock();

    private byte[] Read(string name) => vault.Read(name) ?? throw new InvalidDataException($"{vault.Describe(name)} is missing; put it back from a copy.");

    public static bool IsKey(string name) => name.EndsWith(".pem", StringComparison.Ordinal) || name.EndsWith(".key", StringComparison.Ordinal);

    private static string Pem(string kid) => $"signing-{kid}.pem";

    private static string Secret(byte number) => $"server-{number}.key";
}
