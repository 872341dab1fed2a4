using System.Security.Cryptography;

namespace Exeunt.Guard.Revocations;

/// <summary>Writes small pieces through one buffer and, at the end, the SHA-256 of them all.</summary>
internal sealed class HashedWriter(Stream destination) : IDisposable
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] buffer = new byte[64 * 1024];
    private int used;

    /// <summary>Room for the next piece; the caller fills all of it.</summary>
    public Span<byte> Next(int length)
    {
        if (used + length > buffer.Length) Flush();
        used += length;
        return buffer.AsSpan(used - length, length);
    }

    public void End()
    {
        Flush();
        destination.Write(hash.GetHashAndReset());
    }

    public void Dispose() => hash.Dispose();

    private void Flush()
    {
        hash.AppendData(buffer, 0, used);
        destination.Write(buffer, 0, used);
        used = 0;
    }
}

/// <summary>Reads what <see cref="HashedWriter"/> wrote.</summary>
internal sealed class HashedReader(Stream source) : IDisposable
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] buffer = new byte[64 * 1024];
    private int hashed;
    private int start;
    private int end;

    /// <summary>The next piece, valid until the next call.</summary>
    /// <exception cref="EndOfStreamException">There is less.</exception>
    public ReadOnlySpan<byte> Next(int length)
    {
        if (end - start < length)
        {
            HashWhatWasTaken();
            hashed = 0;
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            (start, end) = (0, end - start);
            end += source.ReadAtLeast(buffer.AsSpan(end), length - end);
        }

        start += length;
        return buffer.AsSpan(start - length, length);
    }

    /// <summary>Whether the hash of all pieces comes next, and nothing after it.</summary>
    public bool EndsHere()
    {
        HashWhatWasTaken();
        return Next(SHA256.HashSizeInBytes).SequenceEqual(hash.GetHashAndReset()) && start == end && source.Read(buffer, 0, 1) == 0;
    }

    public void Dispose() => hash.Dispose();

    // In large pieces: a call for each small one would take longer than the hash.
    private void HashWhatWasTaken()
    {
        hash.AppendData(buffer, hashed, start - hashed);
        hashed = start;
    }
}
