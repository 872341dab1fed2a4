namespace Exeunt.Keys;

/// <summary>Takes the server's keys out of one vault and puts them into another: a backup, a restored folder, a database.</summary>
public static class KeyTransfer
{
    /// <summary>All keys, and last what says which of them count.</summary>
    public static IReadOnlyList<(string Name, byte[] Content)> Read(IKeyVault vault)
    {
        using var alone = vault.Lock();
        var names = vault.Names().Where(KeyStore.IsKey).Order(StringComparer.Ordinal).Append(KeyStore.ManifestName);
        return [.. from name in names let content = vault.Read(name) where content is not null select (name, content)];
    }

    /// <summary>Puts them into a vault, in this order: until the last one is there, it has keys that nothing speaks of, and no server takes it.</summary>
    /// <exception cref="InvalidDataException">A name is none that a vault gives.</exception>
    public static void Write(IKeyVault vault, IEnumerable<(string Name, byte[] Content)> keys)
    {
        using var alone = vault.Lock();
        foreach (var (name, content) in keys)
        {
            // What comes out of a file must not choose where it goes.
            if (Path.GetFileName(name) != name || (name != KeyStore.ManifestName && !KeyStore.IsKey(name))) throw new InvalidDataException($"'{name}' is not the name of a key.");
            vault.Replace(name, content);
        }
    }
}
