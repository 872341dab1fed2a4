using System.Buffers.Binary;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Exeunt.Keys;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Jose;

namespace Exeunt.Sessions;

/// <summary>
/// A refresh token: <c>exr_</c> + base64url(version 1, key number 1, sid 16, generation 4, seal 16, mac 32 bytes). The seal needs the server key alone and
/// proves the session, which is enough to end it; the mac needs the session's secret in the ledger as well and is what refreshes. No usable token is stored
/// anywhere. Its text leaves this type only by <see cref="Write"/>.
/// </summary>
public sealed class RefreshToken
{
    /// <summary>What secret scanners look for.</summary>
    public const string Prefix = "exr_";

    private const byte Version = 1;
    private const int SealedAt = 1 + 1 + Id.Bytes + 4;
    private const int SealBytes = 16;
    private const int MacAt = SealedAt + SealBytes;
    private const int MacBytes = 32;
    private const int Length = MacAt + MacBytes;
    private const int TextLength = (Length * 4 + 2) / 3;

    private readonly byte[] bytes;

    private RefreshToken(byte[] bytes) => this.bytes = bytes;

    /// <summary>The session that it belongs to.</summary>
    public SessionId Session => Id.FromBytes<SessionId>(bytes.AsSpan(2, Id.Bytes));

    /// <summary>How many turns came before it.</summary>
    public uint Generation => BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(2 + Id.Bytes));

    /// <summary>Makes the token of a generation. The same generation always has the same text, so that tabs converge.</summary>
    public static string Write(ServerKeys keys, SessionId session, uint generation, ReadOnlySpan<byte> sessionSecret)
    {
        Span<byte> made = stackalloc byte[Length];
        made[0] = Version;
        var newest = keys.Newest;
        made[1] = newest;
        BinaryPrimitives.WriteUInt128BigEndian(made[2..], session.Value);
        BinaryPrimitives.WriteUInt32BigEndian(made[(2 + Id.Bytes)..], generation);

        Span<byte> seal = stackalloc byte[HMACSHA256.HashSizeInBytes];
        keys.Seal(newest, made[..SealedAt], seal);
        seal[..SealBytes].CopyTo(made[SealedAt..]);
        keys.Mac(newest, sessionSecret, made.Slice(2, Id.Bytes), made[..MacAt], made[MacAt..]);
        return Prefix + Base64Url.EncodeToString(made);
    }

    /// <summary>Reads a token and checks its seal, without the ledger. False for anything that this server did not make.</summary>
    public static bool TryOpen(ServerKeys keys, string? text, [NotNullWhen(true)] out RefreshToken? token)
    {
        token = null;
        if (text is null || text.Length != Prefix.Length + TextLength || !text.StartsWith(Prefix, StringComparison.Ordinal)) return false;

        var read = new byte[Length];

        // Canonical: the last character has unused bits, and only the one spelling that we wrote is a token.
        if (!CanonicalBase64Url.TryDecode(text.AsSpan(Prefix.Length), read, out var written) || written != Length) return false;
        if (read[0] != Version || !keys.Knows(read[1])) return false;

        Span<byte> seal = stackalloc byte[HMACSHA256.HashSizeInBytes];
        keys.Seal(read[1], read.AsSpan(0, SealedAt), seal);
        if (!CryptographicOperations.FixedTimeEquals(seal[..SealBytes], read.AsSpan(SealedAt, SealBytes))) return false;

        token = new(read);
        return true;
    }

    /// <summary>Whether it was made with this session's secret. Needed to refresh.</summary>
    public bool IsMadeWith(ServerKeys keys, ReadOnlySpan<byte> sessionSecret)
    {
        if (sessionSecret.IsEmpty) return false;
        Span<byte> mac = stackalloc byte[MacBytes];
        keys.Mac(bytes[1], sessionSecret, bytes.AsSpan(2, Id.Bytes), bytes.AsSpan(0, MacAt), mac);
        return CryptographicOperations.FixedTimeEquals(mac, bytes.AsSpan(MacAt));
    }

    /// <inheritdoc/>
    public override string ToString() => "[refresh token]";
}
