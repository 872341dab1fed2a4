using Exeunt.Keys;

namespace Exeunt.Postgres;

/// <summary>
/// The shared vault, with a copy of what lies in it in this node's own folder: a node that starts while the database is away verifies tokens all the same, or
/// nobody could log out of it. Pieces are copied as they lie there, sealed. The copy is read until the ledger has been opened, and never afterwards.
/// </summary>
/// <param name="shared">In the database.</param>
/// <param name="copy">In the data folder.</param>
/// <param name="isOpen">Whether the ledger has been opened.</param>
internal sealed class CopiedVault(IKeyVault shared, IKeyVault copy, Func<bool> isOpen) : IKeyVault
{
    /// <inheritdoc/>
    public bool IsShared => true;

    /// <inheritdoc/>
    public byte[]? Read(string name)
    {
        if (!isOpen()) return copy.Read(name);
        var stored = shared.Read(name);
        Keep(name, stored);
        return stored;
    }

    /// <inheritdoc/>
    public void Replace(string name, ReadOnlySpan<byte> content)
    {
        shared.Replace(name, content);
        Keep(name, content.ToArray());
    }

    /// <inheritdoc/>
    public void Delete(string name)
    {
        shared.Delete(name);
        Keep(name, null);
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Names() => isOpen() ? shared.Names() : copy.Names();

    /// <inheritdoc/>
    public IDisposable Lock() => shared.Lock();

    /// <inheritdoc/>
    public string Describe(string name) => isOpen() ? shared.Describe(name) : copy.Describe(name);

    // A piece that has changed brings the others along, and comes last: the list of keys is never here without the keys that it names.
    private void Keep(string name, byte[]? stored)
    {
        try
        {
            if (Same(copy.Read(name), stored)) return;
            var there = shared.Names();
            foreach (var other in there.Where(other => other != name)) Write(other, shared.Read(other));
            Write(name, stored);
            foreach (var gone in copy.Names().Except(there).Where(gone => gone != name).ToList()) copy.Delete(gone);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The disk is full, which the journal says aloud. The keys are in use all the same, and are copied when they are read the next time.
        }
    }

    private void Write(string name, byte[]? stored)
    {
        if (stored is null) copy.Delete(name);
        else if (!Same(copy.Read(name), stored)) copy.Replace(name, stored);
    }

    private static bool Same(byte[]? one, byte[]? other) => one is null ? other is null : other is not null && one.AsSpan().SequenceEqual(other);
}
