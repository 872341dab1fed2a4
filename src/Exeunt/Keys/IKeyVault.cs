namespace Exeunt.Keys;

/// <summary>
/// Where the server's keys lie, as small named pieces: a folder of one node, or the database of several, sealed. Used rarely, at start and once a minute.
/// </summary>
public interface IKeyVault
{
    /// <summary>Whether other nodes use it, too. They look once a minute, so what is new is not used before they know it.</summary>
    bool IsShared { get; }

    /// <summary>What lies under this name; null for nothing.</summary>
    /// <exception cref="InvalidDataException">It is there and cannot be opened.</exception>
    byte[]? Read(string name);

    /// <summary>Puts it in the place of what was there. After a crash there is the old or the new, never half of one.</summary>
    void Replace(string name, ReadOnlySpan<byte> content);

    /// <summary>Takes it away.</summary>
    void Delete(string name);

    /// <summary>All names.</summary>
    IReadOnlyList<string> Names();

    /// <summary>Keeps others from changing the vault until it is disposed.</summary>
    /// <exception cref="IOException">Somebody else holds it and does not let go.</exception>
    IDisposable Lock();

    /// <summary>The name as the operator finds it: with its folder, or its database.</summary>
    string Describe(string name);
}
