using System.Security.Cryptography;

namespace Exeunt.Keys;

/// <summary>
/// The server's own secrets, from which refresh tokens and binders are made. The newest makes; older ones still verify, by their number, until the longest
/// lifetime of a session has passed. From each secret one key is derived for each purpose, so that what is made for one never passes for another. The key jobs
/// replace the whole state at once; readers never see half of a change.
/// </summary>
public sealed class ServerKeys
{
    /// <summary>Bytes of a secret.</summary>
    public const int SecretBytes = 32;

    private volatile State state;

    /// <summary>Takes all secrets that still count.</summary>
    /// <exception cref="ArgumentException">There is none, or one has the wrong length.</exception>
    public ServerKeys(IReadOnlyDictionary<byte, byte[]> secrets)
        : this(secrets, secrets.Keys.DefaultIfEmpty().Max())
    {
    }

    /// <summary>The same, when another than the newest makes tokens for now.</summary>
    /// <exception cref="ArgumentException">There is none, or one has the wrong length.</exception>
    public ServerKeys(IReadOnlyDictionary<byte, byte[]> secrets, byte inUse) => state = State.Of(secrets, inUse);

    /// <summary>The number of the secret that makes new tokens. Read it once for each token: it may change at any time.</summary>
    public byte Newest => state.Newest;

    /// <summary>Takes over a new state.</summary>
    /// <exception cref="ArgumentException">There is no secret, or one has the wrong length.</exception>
    public void Replace(IReadOnlyDictionary<byte, byte[]> secrets, byte inUse) => state = State.Of(secrets, inUse);

    /// <summary>Whether this secret still counts.</summary>
    public bool Knows(byte number) => state.Keys[number] is not null;

    /// <summary>HMAC-SHA-256 under the key for sealing refresh tokens: enough to end a session, never to refresh one.</summary>
    public void Seal(byte number, ReadOnlySpan<byte> data, Span<byte> destination) => HMACSHA256.HashData(state[number].Seal, data, destination);

    /// <summary>HMAC-SHA-256 under a key that takes both the server's secret and the session's to make: neither a stolen ledger nor a stolen server key can.</summary>
    public void Mac(byte number, ReadOnlySpan<byte> sessionSecret, ReadOnlySpan<byte> sid, ReadOnlySpan<byte> data, Span<byte> destination)
    {
        Span<byte> key = stackalloc byte[SecretBytes];
        HMACSHA256.HashData(state[number].Mac, [.. sessionSecret, .. sid], key);
        HMACSHA256.HashData(key, data, destination);
        CryptographicOperations.ZeroMemory(key);
    }

    /// <summary>HMAC-SHA-256 under the key for binders, which tie a browser's storage to its cookie.</summary>
    public void Bind(byte number, ReadOnlySpan<byte> data, Span<byte> destination) => HMACSHA256.HashData(state[number].Binder, data, destination);

    /// <summary>HMAC-SHA-256 under the key for invitations to register.</summary>
    public void Invite(byte number, ReadOnlySpan<byte> data, Span<byte> destination) => HMACSHA256.HashData(state[number].Invite, data, destination);

    // By number, with null for those that do not count.
    private sealed record State(Derived?[] Keys, byte Newest)
    {
        public Derived this[byte number] => Keys[number] ?? throw new KeyNotFoundException($"Secret {number} does not count.");

        public static State Of(IReadOnlyDictionary<byte, byte[]> secrets, byte inUse)
        {
            var keys = new Derived?[byte.MaxValue + 1];
            foreach (var (number, secret) in secrets) keys[number] = new(secret);
            return new(keys, keys[inUse] is null ? throw new ArgumentException("The server needs at least one secret.", nameof(secrets)) : inUse);
        }
    }

    private sealed class Derived
    {
        public Derived(byte[] secret)
        {
            if (secret.Length != SecretBytes) throw new ArgumentException($"A server secret has {SecretBytes} bytes.", nameof(secret));
            Seal = For(secret, "exeunt refresh-token seal 1"u8);
            Mac = For(secret, "exeunt refresh-token mac 1"u8);
            Binder = For(secret, "exeunt binder 1"u8);
            Invite = For(secret, "exeunt invite 1"u8);
        }

        public byte[] Seal { get; }

        public byte[] Mac { get; }

        public byte[] Binder { get; }

        public byte[] Invite { get; }

        private static byte[] For(byte[] secret, ReadOnlySpan<byte> purpose) =>
            HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, SecretBytes, info: purpose.ToArray());
    }
}
