using System.Buffers;
using System.Collections;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Exeunt.Protocol.Revocations;

namespace Exeunt.Storage;

/// <summary>
/// What this node remembers outside the database (<see cref="NodeMemory"/>), in a file of lines: a checksum, a blank, and either how far the log has come or
/// one revocation. It is only ever appended to, and rewritten without what has expired. A line that a crash cut short is left out when it is read.
/// </summary>
/// <remarks>Appending is not synced, and follows the ledger a moment later: after a kill or a power cut the node merely remembers a little less.</remarks>
internal sealed class NodeMemoryFile(string path)
{
    private const int ChecksumLength = 16; // hexadecimal digits: it guards against torn writes, not against people

    private delegate void ReadLine(ReadOnlySpan<byte> payload, DateTimeOffset expires);

    /// <summary>Lines in the file, expired ones included.</summary>
    public long Lines { get; private set; }

    /// <summary>How many lines the file had when it was last written anew; 0 when it does not say.</summary>
    public long LinesWhenRewritten { get; private set; }

    /// <summary>Whether everything in the file could be read when it was read last, so that lines may be added to it.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>
    /// Reads what is remembered; <see cref="NodeMemory.Empty"/> when there is no file. The revocations themselves are read when somebody asks for them, which
    /// only a ledger that was put back does: every other start is spared the work.
    /// </summary>
    /// <param name="damaged">How many lines could not be read. One is normal after a crash: the last.</param>
    public NodeMemory Read(out int damaged)
    {
        (damaged, Lines, LinesWhenRewritten, IsWhole) = (0, 0, 0, false);
        if (!File.Exists(path)) return NodeMemory.Empty;

        var (epoch, sequence) = ("", 0L);
        byte[] newest = [];
        var newestLength = 0;
        using var reader = Open(path);
        while (reader.TryRead(out var line))
        {
            if (!Verify(line, out var payload) || !MemoryLine.TryReadPlace(payload, out var place, out var lines))
            {
                damaged++;
                continue;
            }

            // Later lines are newer: of a new epoch, or further in the same.
            (epoch, sequence) = place.Epoch == epoch ? (epoch, Math.Max(sequence, place.Sequence)) : (place.Epoch, place.Sequence);
            LinesWhenRewritten = lines ?? LinesWhenRewritten;
            Lines++;
            if (newest.Length < payload.Length) newest = new byte[payload.Length * 2];
            payload.CopyTo(newest);
            newestLength = payload.Length;
        }

        IsWhole = damaged == 0 && reader.IsEnded;
        return new(epoch, sequence, new Unread(path)) { Newest = Parse(newest.AsSpan(0, newestLength))?.Revocation };
    }

    /// <summary>Writes the file anew, with what the ledger holds. After a crash in between there is still the old one.</summary>
    /// <param name="epoch">The ledger's life.</param>
    /// <param name="pages">The revocations in order of their places; there may be more of them than there is memory for.</param>
    public async Task RewriteAsync(string epoch, IAsyncEnumerable<IReadOnlyList<Revocation>> pages)
    {
        var lines = 1L;
        await PrivateFiles.ReplaceAsync(path, async stream =>
        {
            var buffer = new ArrayBufferWriter<byte>(512);
            Write(stream, buffer, new(epoch, 0, null)); // how many lines follow nobody knows yet
            await foreach (var page in pages)
            {
                foreach (var revocation in page) Write(stream, buffer, Of(revocation));
                lines += page.Count;
            }
        });
        Lines = LinesWhenRewritten = lines;
    }

    /// <summary>The same without what has expired, and without anything that could not be read.</summary>
    public async Task DropExpiredAsync(DateTimeOffset now)
    {
        var kept = 1;
        ForEachLine((_, expires) => kept += expires > now ? 1 : 0);
        var memory = Read(out _);
        await PrivateFiles.ReplaceAsync(path, stream =>
        {
            var line = new ArrayBufferWriter<byte>(512);
            Write(stream, line, new(memory.Epoch, memory.Sequence, null) { Lines = kept });
            ForEachLine((payload, expires) =>
            {
                if (expires > now) Write(stream, payload);
            });
            return Task.CompletedTask;
        });
        Lines = LinesWhenRewritten = kept;
    }

    /// <summary>Adds revocations that have just become durable in the ledger.</summary>
    public void Append(IReadOnlyList<Revocation> revocations)
    {
        using var text = new MemoryStream();
        var line = new ArrayBufferWriter<byte>(512);
        foreach (var revocation in revocations) Write(text, line, Of(revocation));
        PrivateFiles.Append(path, text.GetBuffer().AsSpan(0, (int)text.Length));
        Lines += revocations.Count;
    }

    private static LineReader Open(string path) => new(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0));

    private static MemoryLine Of(Revocation revocation) => new(revocation.Epoch, revocation.Sequence, revocation);

    private void ForEachLine(ReadLine read)
    {
        using var reader = Open(path);
        while (reader.TryRead(out var line))
        {
            if (Verify(line, out var payload) && MemoryLine.ReadExpiry(payload) is { } expires) read(payload, expires);
        }
    }

    private static void Write(Stream stream, ArrayBufferWriter<byte> buffer, MemoryLine line)
    {
        buffer.ResetWrittenCount();
        line.WriteTo(buffer);
        Write(stream, buffer.WrittenSpan);
    }

    private static void Write(Stream stream, ReadOnlySpan<byte> payload)
    {
        Span<byte> begin = stackalloc byte[ChecksumLength + 1];
        Checksum(payload, begin);
        begin[ChecksumLength] = (byte)' ';
        stream.Write(begin);
        stream.Write(payload);
        stream.WriteByte((byte)'\n');
    }

    private static bool Verify(ReadOnlySpan<byte> line, out ReadOnlySpan<byte> payload)
    {
        payload = default;
        if (line.Length <= ChecksumLength || line[ChecksumLength] != (byte)' ') return false;
        payload = line[(ChecksumLength + 1)..];
        Span<byte> digits = stackalloc byte[ChecksumLength];
        Checksum(payload, digits);
        return line.StartsWith(digits);
    }

    private static void Checksum(ReadOnlySpan<byte> payload, Span<byte> digits)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(payload, hash);
        Convert.TryToHexStringLower(hash[..(ChecksumLength / 2)], digits, out _);
    }

    private static MemoryLine? Parse(ReadOnlySpan<byte> payload)
    {
        try
        {
            return MemoryLine.FromJson(Encoding.UTF8.GetString(payload));
        }
        catch (Exception failure) when (failure is JsonException or FormatException or InvalidOperationException or KeyNotFoundException)
        {
            return null; // written by a version that knew more
        }
    }

    // The file as it was when somebody first asked: later lines are not those that were remembered, but no worse.
    private sealed class Unread(string path) : IReadOnlyList<Revocation>
    {
        private readonly Lazy<List<Revocation>> read = new(() => ReadAll(path));

        public int Count => read.Value.Count;

        public Revocation this[int index] => read.Value[index];

        public IEnumerator<Revocation> GetEnumerator() => read.Value.GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        private static List<Revocation> ReadAll(string path)
        {
            var revocations = new List<Revocation>();
            using var reader = Open(path);
            while (reader.TryRead(out var line))
            {
                if (Verify(line, out var payload) && Parse(payload)?.Revocation is { } revocation) revocations.Add(revocation);
            }

            return revocations;
        }
    }
}
