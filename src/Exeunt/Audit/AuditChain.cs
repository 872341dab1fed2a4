using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;

namespace Exeunt.Audit;

/// <summary>
/// The chain that makes the audit trail tamper-evident: each entry's hash covers the hash before it and a canonical form in which every field has its
/// length in front, so that no two different entries share one. Personal fields enter as commitments: SHA-256(salt ‖ value).
/// </summary>
public static class AuditChain
{
    /// <summary>Bytes of a hash and of a commitment.</summary>
    public const int HashBytes = 32;

    /// <summary>Bytes of a salt: a guessed address cannot be tried against a commitment without it.</summary>
    public const int SaltBytes = 16;

    private const byte FormatVersion = 1;
    private const int SmallText = 512;

    /// <summary>What the first entry of every chain builds on.</summary>
    public static byte[] Origin { get; } = new byte[HashBytes];

    /// <summary>Gives an entry its place after <paramref name="previousHash"/>, with fresh salts.</summary>
    public static AuditRecord Link(string chain, long number, ReadOnlySpan<byte> previousHash, AuditEntry entry)
    {
        Span<byte> random = stackalloc byte[3 * SaltBytes]; // asked for once: a question costs more than what it fetches
        RandomNumberGenerator.Fill(random);
        var salts = new PersonalBytes(
            SaltFor(entry.Address, random), SaltFor(entry.UserAgent, random[SaltBytes..]), SaltFor(entry.Claimed, random[(2 * SaltBytes)..]));
        var commitments = new PersonalBytes(
            Commit(salts.Address, entry.Address), Commit(salts.UserAgent, entry.UserAgent), Commit(salts.Claimed, entry.Claimed));
        return new(chain, number, entry, commitments, salts, Hash(chain, number, previousHash, entry, commitments));
    }

    /// <summary>The commitment to a personal value; null when there is neither.</summary>
    public static byte[]? Commit(byte[]? salt, string? value)
    {
        if (salt is null || value is null) return null;
        Span<byte> committed = stackalloc byte[SaltBytes + SmallText];
        var most = salt.Length + Encoding.UTF8.GetMaxByteCount(value.Length);
        if (most > committed.Length) committed = new byte[most];
        salt.CopyTo(committed);
        return SHA256.HashData(committed[..(salt.Length + Encoding.UTF8.GetBytes(value, committed[salt.Length..]))]);
    }

    /// <summary>The hash of an entry at its place.</summary>
    public static byte[] Hash(string chain, long number, ReadOnlySpan<byte> previousHash, AuditEntry entry, PersonalBytes commitments)
    {
        var canonical = new ArrayBufferWriter<byte>(512);
        canonical.Write([FormatVersion]);
        canonical.Write(previousHash);
        Write(canonical, chain);
        Write(canonical, number);
        Write(canonical, entry.At.ToUnixTimeMilliseconds());
        Write(canonical, entry.Action);
        Write(canonical, (long)entry.By.Kind);
        Write(canonical, entry.By.User);
        Write(canonical, entry.By.Session);
        Write(canonical, entry.By.Name);
        Write(canonical, entry.User);
        Write(canonical, entry.Session);
        Write(canonical, entry.Event);
        Write(canonical, entry.Reason is { } reason ? reason.ToWire() : null);
        Write(canonical, entry.Count);
        Write(canonical, entry.Client);
        Write(canonical, entry.Device);
        Write(canonical, entry.Detail);
        Write(canonical, commitments.Address);
        Write(canonical, commitments.UserAgent);
        Write(canonical, commitments.Claimed);
        return SHA256.HashData(canonical.WrittenSpan);
    }

    private static byte[]? SaltFor(string? value, ReadOnlySpan<byte> random) => value is null ? null : random[..SaltBytes].ToArray();

    private static void Write<T>(ArrayBufferWriter<byte> canonical, T? id)
        where T : struct, IId<T> => Write(canonical, id is { } some ? some.ToBytes() : null);

    private static void Write(ArrayBufferWriter<byte> canonical, long? number)
    {
        if (number is not { } value)
        {
            Write(canonical, (byte[]?)null);
            return;
        }

        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        Length(canonical, bytes.Length);
        canonical.Write(bytes);
    }

    private static void Write(ArrayBufferWriter<byte> canonical, string? text)
    {
        if (text is null)
        {
            Length(canonical, -1);
            return;
        }

        var bytes = Encoding.UTF8.GetByteCount(text);
        Length(canonical, bytes);
        canonical.Advance(Encoding.UTF8.GetBytes(text, canonical.GetSpan(bytes)));
    }

    private static void Write(ArrayBufferWriter<byte> canonical, byte[]? bytes)
    {
        Length(canonical, bytes?.Length ?? -1);
        canonical.Write(bytes);
    }

    // -1 for a missing value: an empty text and no text are different facts.
    private static void Length(ArrayBufferWriter<byte> canonical, int length)
    {
        BinaryPrimitives.WriteInt32BigEndian(canonical.GetSpan(4), length);
        canonical.Advance(4);
    }
}
