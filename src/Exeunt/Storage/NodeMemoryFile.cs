using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Exeunt.Protocol.Revocations;

namespace Exeunt.Storage;

/// <summary>
/// What this node remembers outside the database (<see cref="NodeMemory"/>), in a file of lines: a checksum, a blank, and either how far the log has come or
/// one revocation. It is only ever appended to, and rewritten without what has expired. A line that a crash cut short is left out when it is read.
/// </summary>
/// <remarks>Appending is not synced: a process that is killed loses nothing, and after a power cut the node merely remembers a little less.</remarks>
internal sealed class NodeMemoryFile(string path)
{
    private const int ChecksumLength = 16; // hexadecimal digits: it guards against torn writes, not against people

    /// <summary>Lines in the file, expired ones included.</summary>
    public long Lines { get; private set; }

    /// <summary>Reads what is remembered; <see cref="NodeMemory.Empty"/> when there is no file.</summary>
    /// <param name="damaged">How many lines could not be read. One is normal after a crash: the last.</param>
    public NodeMemory Read(out int damaged)
    {
        damaged = 0;
        if (!File.Exists(path)) return NodeMemory.Empty;

        var (epoch, sequence) = ("", 0L);
        var revocations = new List<Revocation>();
        foreach (var line in File.ReadLines(path, Encoding.UTF8))
        {
            if (Parse(line) is not { } read)
            {
                damaged++;
                continue;
            }

            // Later lines are newer: of a new epoch, or further in the same.
            (epoch, sequence) = read.Epoch == epoch ? (epoch, Math.Max(sequence, read.Sequence)) : (read.Epoch, read.Sequence);
            if (read.Revocation is { } revocation) revocations.Add(revocation);
        }

        return new(epoch, sequence, revocations);
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
        using var stream = PrivateFiles.OpenToAppend(path);
        stream.Write(Encoding.UTF8.GetBytes(text.ToString()));
        Lines += revocations.Count;
    }

    private static void Write(StringBuilder text, MemoryLine line)
    {
        var payload = line.ToJson();
        text.Append(Checksum(payload)).Append(' ').Append(payload).Append('\n');
    }

    private static MemoryLine? Parse(string line)
    {
        if (line.Length <= ChecksumLength || line[ChecksumLength] != ' ') return null;
        var payload = line[(ChecksumLength + 1)..];
        if (!line.AsSpan(0, ChecksumLength).SequenceEqual(Checksum(payload))) return null;
        try
        {
            return MemoryLine.FromJson(payload);
        }
        catch (Exception failure) when (failure is JsonException or FormatException or InvalidOperationException or KeyNotFoundException)
        {
            return null; // written by a version that knew more
        }
    }

    private static string Checksum(string payload) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(payload)).AsSpan(0, ChecksumLength / 2));
}
