using Exeunt.Storage;

namespace Exeunt.Keys;

/// <summary>
/// The keys as files beside the database, readable by their owner only. Whoever can read this folder is the server; the database alone is not enough (and
/// neither is this folder alone for refresh tokens).
/// </summary>
public sealed class KeyFolder : IKeyVault
{
    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(10);

    private readonly string path;

    /// <summary>Takes a folder within the data folder, and makes it if it is missing.</summary>
    public KeyFolder(string dataFolder, string name = "keys")
    {
        path = Path.Combine(dataFolder, name);
        PrivateFiles.CreateFolder(path);
        PrivateFiles.CloseFolder(path);
    }

    /// <inheritdoc/>
    public bool IsShared => false;

    /// <inheritdoc/>
    public byte[]? Read(string name) => File.Exists(Describe(name)) ? File.ReadAllBytes(Describe(name)) : null;

    /// <inheritdoc/>
    public void Replace(string name, ReadOnlySpan<byte> content) => PrivateFiles.Replace(Describe(name), content);

    /// <inheritdoc/>
    public void Delete(string name) => File.Delete(Describe(name));

    /// <inheritdoc/>
    public IReadOnlyList<string> Names() => [.. Directory.EnumerateFiles(path).Select(file => Path.GetFileName(file))];

    /// <inheritdoc/>
    public string Describe(string name) => Path.Combine(path, name);

    /// <inheritdoc/>
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
}
