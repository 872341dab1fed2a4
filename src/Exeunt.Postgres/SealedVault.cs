using System.Security.Cryptography;
using System.Text;
using Exeunt.Keys;

namespace Exeunt.Postgres;

/// <summary>
/// Seals every piece with AES-256-GCM under a key made from the master key before it lies anywhere. Whoever has the database alone, or a node's copies of it,
/// has none of the keys; a piece that was put under another name does not open.
/// </summary>
internal sealed class SealedVault(IKeyVault inner, ReadOnlySpan<byte> masterKey) : IKeyVault
{
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    private readonly IKeyVault inner = inner;
    private readonly byte[] key = HKDF.DeriveKey(HashAlgorithmName.SHA256, masterKey.ToArray(), 32, info: "exeunt key vault 1"u8.ToArray());

    /// <inheritdoc/>
    public bool IsShared => inner.IsShared;

    /// <inheritdoc/>
    public byte[]? Read(string name) => inner.Read(name) is { } stored ? Open(name, stored) : null;

    /// <inheritdoc/>
    public void Replace(string name, ReadOnlySpan<byte> content) => inner.Replace(name, Seal(name, content));

    /// <inheritdoc/>
    public void Delete(string name) => inner.Delete(name);

    /// <inheritdoc/>
    public IReadOnlyList<string> Names() => inner.Names();

    /// <inheritdoc/>
    public IDisposable Lock() => inner.Lock();

    /// <inheritdoc/>
    public string Describe(string name) => inner.Describe(name);

    private byte[] Seal(string name, ReadOnlySpan<byte> content)
    {
        var stored = new byte[NonceBytes + TagBytes + content.Length];
        RandomNumberGenerator.Fill(stored.AsSpan(0, NonceBytes));
        using var cipher = new AesGcm(key, TagBytes);
        cipher.Encrypt(stored.AsSpan(0, NonceBytes), content, stored.AsSpan(NonceBytes + TagBytes), stored.AsSpan(NonceBytes, TagBytes), Bound(name));
        return stored;
    }

    private byte[] Open(string name, byte[] stored)
    {
        if (stored.Length < NonceBytes + TagBytes) throw new InvalidDataException($"{Describe(name)} is damaged.");
        var content = new byte[stored.Length - NonceBytes - TagBytes];
        using var cipher = new AesGcm(key, TagBytes);
        try
        {
            cipher.Decrypt(stored.AsSpan(0, NonceBytes), stored.AsSpan(NonceBytes + TagBytes), stored.AsSpan(NonceBytes, TagBytes), content, Bound(name));
            return content;
        }
        catch (AuthenticationTagMismatchException mismatch)
        {
            throw new InvalidDataException($"{Describe(name)} does not open with this master key (Exeunt:Ledger:MasterKey): it was sealed with another one, or damaged.", mismatch);
        }
    }

    private static byte[] Bound(string name) => Encoding.UTF8.GetBytes(name);
}
