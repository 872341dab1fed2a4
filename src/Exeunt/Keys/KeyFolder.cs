using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Exeunt.Protocol.Jose;
using Exeunt.Storage;

namespace Exeunt.Keys;

/// <summary>
/// The server's keys as files beside the database: <c>signing-*.pem</c>, <c>server-N.key</c> and <c>keys.json</c>, readable by their owner only. Whoever can
/// read this folder is the server; the database alone is not enough (and neither is this folder alone for refresh tokens).
/// </summary>
internal sealed class KeyFolder
{
    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(10);

    private readonly string path;

    /// <summary>Takes the folder <c>keys</c> within the data folder, and makes it if it is missing.</summary>
    public KeyFolder(string dataFolder)
    {
        path = Path.Combine(dataFolder, "keys");
        PrivateFiles.CreateFolder(path);
        PrivateFiles.CloseFolder(path);
    }

    private string ManifestFile => Path.Combine(path, "keys.json");

    /// <summary>Which keys there are.</summary>
    /// <exception cref="InvalidDataException">The file is damaged, or a key that it names is missing.</exception>
    public KeyManifest ReadManifest()
    {
        if (!File.Exists(ManifestFile))
        {
            // Keys without a manifest are not ours to guess about: making new ones would sign everybody out without a word.
            return Directory.EnumerateFiles(path, "*.pem").Concat(Directory.EnumerateFiles(path, "*.key")).Any()
                ? throw new InvalidDataException($"{ManifestFile} is missing although there are keys beside it; put it back from a copy, or move the folder away to begin with new keys.")
                : KeyManifest.Empty;
        }

        try
        {
            return KeyManifest.FromJson(File.ReadAllBytes(ManifestFile));
        }
        catch (Exception damage) when (damage is JsonException or FormatException or InvalidOperationException or KeyNotFoundException)
        {
            throw new InvalidDataException($"{ManifestFile} is damaged.", damage);
        }
    }

    /// <summary>Replaces the manifest, then deletes keys that it no longer names: after a crash in between there is a key too many, never one too few.</summary>
    public void Save(KeyManifest manifest)
    {
        PrivateFiles.Replace(ManifestFile, manifest.ToJson());
        var named = manifest.Signing.Select(key => PemFile(key.Kid)).Concat(manifest.Secrets.Select(secret => SecretFile(secret.Number))).ToHashSet();
        foreach (var file in Directory.EnumerateFiles(path, "*.pem").Concat(Directory.EnumerateFiles(path, "*.key")).Where(file => !named.Contains(file)).ToList())
            File.Delete(file);
    }

    /// <summary>Makes a signing key and stores its private half; it counts once the manifest names it.</summary>
    public SigningKey MakeSigningKey(JwsAlgorithm algorithm)
    {
        var made = SigningKey.Generate(algorithm);
        PrivateFiles.Replace(PemFile(made.KeyId), Encoding.ASCII.GetBytes(made.ExportPem()));
        return made;
    }

    /// <summary>Makes a secret and stores it; it counts once the manifest names it.</summary>
    public void MakeSecret(byte number) =>
        PrivateFiles.Replace(SecretFile(number), Encoding.ASCII.GetBytes(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(ServerKeys.SecretBytes)) + "\n"));

    /// <summary>Reads a private key.</summary>
    public SigningKey Load(SigningKeyEntry entry)
    {
        try
        {
            var key = SigningKey.FromPem(Encoding.ASCII.GetString(Read(PemFile(entry.Kid))), Enum.Parse<JwsAlgorithm>(entry.Alg));
            return key.KeyId == entry.Kid ? key : throw new InvalidDataException($"{PemFile(entry.Kid)} holds another key than its name says.");
        }
        catch (Exception damage) when (damage is FormatException or ArgumentException)
        {
            throw new InvalidDataException($"{PemFile(entry.Kid)} is not a private key for {entry.Alg}.", damage);
        }
    }

    /// <summary>Reads a secret.</summary>
    public byte[] Load(SecretEntry entry)
    {
        try
        {
            var secret = Convert.FromHexString(Encoding.ASCII.GetString(Read(SecretFile(entry.Number))).Trim());
            return secret.Length == ServerKeys.SecretBytes ? secret : throw new InvalidDataException($"{SecretFile(entry.Number)} is too short.");
        }
        catch (FormatException damage)
        {
            throw new InvalidDataException($"{SecretFile(entry.Number)} is not a secret in hexadecimal digits.", damage);
        }
    }

    /// <summary>Keeps other processes from changing the folder until it is disposed: a server's job and the command line may want to at once.</summary>
    /// <exception cref="IOException">Another process holds it and does not let go.</exception>
    public IDisposable Lock()
    {
        var waited = System.Diagnostics.Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return PrivateFiles.OpenAlone(Path.Combine(path, "lock"));
            }
            catch (IOException) when (waited.Elapsed < LockPatience)
            {
                Thread.Sleep(10); // a lock on a file has no event that could be waited for
            }
        }
    }

    private static byte[] Read(string file) =>
        File.Exists(file) ? File.ReadAllBytes(file) : throw new InvalidDataException($"{file} is missing; put it back from a copy.");

    private string PemFile(string kid) => Path.Combine(path, $"signing-{kid}.pem");

    private string SecretFile(byte number) => Path.Combine(path, $"server-{number}.key");
}
