using System.Globalization;
using System.Security.Cryptography;
using Exeunt.Protocol.Jose;

namespace Exeunt.Keys;

/// <summary>
/// The server's keys as files beside the database: <c>signing-*.pem</c> and <c>server-N.key</c>, readable by their owner only. Whoever can read this folder
/// is the server; the database alone is not enough (and neither is this folder alone for refresh tokens).
/// </summary>
public sealed class KeyFolder
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string path;

    /// <summary>Takes the folder <c>keys</c> within the data folder, and makes it if it is missing.</summary>
    public KeyFolder(string dataFolder)
    {
        path = Path.Combine(dataFolder, "keys");
        CreatePrivate(path);
    }

    /// <summary>Makes a folder that only its owner can enter.</summary>
    public static void CreatePrivate(string folder)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else if (!Directory.Exists(folder)) Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
    }

    /// <summary>All server secrets by number; a first one is made when there is none.</summary>
    public ServerKeys LoadServerKeys()
    {
        var secrets = Directory.GetFiles(path, "server-*.key").ToDictionary(
            file => byte.Parse(Path.GetFileNameWithoutExtension(file)["server-".Length..], CultureInfo.InvariantCulture),
            file => Convert.FromHexString(File.ReadAllText(file).Trim()));
        if (secrets.Count == 0)
        {
            secrets[1] = RandomNumberGenerator.GetBytes(ServerKeys.SecretBytes);
            WritePrivate(Path.Combine(path, "server-1.key"), Convert.ToHexStringLower(secrets[1]) + "\n");
        }

        return new(secrets);
    }

    /// <summary>The signing keys, newest first by name; a first one is made when there is none.</summary>
    public IReadOnlyList<SigningKey> LoadSigningKeys(JwsAlgorithm algorithm)
    {
        var files = Directory.GetFiles(path, "signing-*.pem");
        if (files.Length > 0) return [.. files.OrderDescending(StringComparer.Ordinal).Select(file => SigningKey.FromPem(File.ReadAllText(file)))];

        var made = SigningKey.Generate(algorithm);
        WritePrivate(Path.Combine(path, $"signing-{made.KeyId}.pem"), made.ExportPem());
        return [made];
    }

    // Written under another name first, so that a crash never leaves half a key.
    private static void WritePrivate(string file, string text)
    {
        var temporary = file + ".new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;
        using (var stream = new FileStream(temporary, options))
        {
            stream.Write(System.Text.Encoding.ASCII.GetBytes(text));
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, file, overwrite: false);
    }
}
