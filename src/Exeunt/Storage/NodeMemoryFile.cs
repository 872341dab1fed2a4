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

    /// <summary>Lines in the file, expired ones included.</summary>
    public long Lines { get; private set; }

    /// <summary>Whether everything in the file could be read when it was read last, so that lines may be added to it.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>
    /// Reads what is remembered; <see cref="NodeMemory.Empty"/> when there is no file. The revocations themselves are read when somebody asks for them, which
    /// only a ledger that was put back does: every other start is spared the work.
    /// </summary>
    /// <param name="damaged">How many lines could not be read. One is normal after a crash: the last.</param>
    public NodeMemory Read(out int damaged)
    {
        (damaged, Lines, IsWhole) = (0, 0, false);
        if (!File.Exists(path)) return NodeMemory.Empty;

        var (epoch, sequence) = ("", 0L);
        var newest = 0; // where the newest line begins
        var all = File.ReadAllBytes(path);
        ReadOnlySpan<byte> rest = all;
        IsWhole = rest is [.., (byte)'\n'];
        while (!rest.IsEmpty)
        {
            var at = all.Length - rest.Length;
            if (!Verify(NextLine(ref rest), out var payload) || !MemoryLine.TryReadPlace(payload, out var place))
            {
                damaged++;
                IsWhole = false;
                continue;
            }

            // Later lines are newer: of a new epoch, or further in the same.
            (epoch, sequence) = place.Epoch == epoch ? (epoch, Math.Max(sequence, place.Sequence)) : (place.Epoch, place.Sequence);
            newest = at;
            Lines++;
        }

        return new(epoch, sequence, new Unread(path)) { Newest = RevocationAt(all.AsSpan(newest)) };
    }

    /// <summary>Writes the file anew. After a crash in between there is still the old one.</summary>
    public void Rewrite(NodeMemory memory)
    {
        var text = new StringBuilder();
        Write(text, new(memory.Epoch, memory.Sequence, null));
        foreach (var revocation in memory.Revocations) Write(text, new(revocation.Epoch, revocation.Sequence, revocation));
        PrivateFiles.Replace(path, Encoding.UTF8.GetBytes(text.ToString()));
        Lines = memory.Revocations.Count + 1;
    }

    /// <summary>Adds revocations that have just become durable in the ledger.</summary>
    public void Append(IReadOnlyList<Revocation> revocations)
    {
        var text = new StringBuilder();
        foreach (var revocation in revocations) Write(text, new(revocation.Epoch, revocation.Sequence, revocation));
        PrivateFiles.Append(path, Encoding.UTF8.GetBytes(text.ToString()));
        Lines += revocations.Count;
    }

    private static void Write(StringBuilder text, MemoryLine line)
    {
        var payload = line.ToJson();
        text.Append(Checksum(payload)).Append(' ').Append(payload).Append('\n');
    }

    private static ReadOnlySpan<byte> NextLine(ref ReadOnlySpan<byte> rest)
    {
        var end = rest.IndexOf((byte)'\n');
        var line = end < 0 ? rest : rest[..end];
        rest = end < 0 ? default : rest[(end + 1)..];
        return line;
    }

    private static bool Verify(ReadOnlySpan<byte> line, out ReadOnlySpan<byte> payload)
    {
        payload = default;
        if (line.Length <= ChecksumLength || line[ChecksumLength] != (byte)' ') return false;
        payload = line[(ChecksumLength + 1)..];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(payload, hash);
        Span<byte> digits = stackalloc byte[ChecksumLength];
        return Convert.TryToHexStringLower(hash[..(ChecksumLength / 2)], digits, out _) && line.StartsWith(digits);
    }

    private static string Checksum(string payload) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(payload)).AsSpan(0, ChecksumLength / 2));

    private static Revocation? RevocationAt(ReadOnlySpan<byte> rest) => Verify(NextLine(ref rest), out var payload) ? Parse(payload)?.Revocation : null;

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
            ReadOnlySpan<byte> rest = File.ReadAllBytes(path);
            while (!rest.IsEmpty)
            {
                if (Verify(NextLine(ref rest), out var payload) && Parse(payload)?.Revocation is { } revocation) revocations.Add(revocation);
            }

            return revocations;
        }
    }
}
