using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Compression;
using System.Text.Json;
using Exeunt.Protocol.Jose;
using Exeunt.Protocol.Revocations;

namespace Exeunt.Protocol.Feed;

/// <summary>
/// A part of a snapshot: revocations as lines of JSON, compressed with gzip, in base64, so that any language reads it with what it has at hand. Parts are
/// bounded, so nobody needs memory for a whole snapshot at once.
/// </summary>
/// <param name="Part">Which one, from 1.</param>
/// <param name="IsLast">Whether it is the last.</param>
/// <param name="Revocations">What it holds.</param>
public sealed record SnapshotPart(int Part, bool IsLast, IReadOnlyList<Revocation> Revocations)
{
    /// <summary>Revocations in a part at most.</summary>
    public const int MostRevocations = 2_000;

    private const int MostParts = 1_000_000;
    private const int MostBytes = MostRevocations * RevocationJson.LongestLine; // unpacked: what is larger is a bomb

    /// <summary>Packs a part as the data of its event.</summary>
    public byte[] ToUtf8()
    {
        var lines = new ArrayBufferWriter<byte>(Revocations.Count * 256 + 16);
        using (var json = new Utf8JsonWriter(lines))
        {
            foreach (var revocation in Revocations)
            {
                RevocationJson.Write(json, revocation);
                json.Flush();
                json.Reset();
                lines.Write("\n"u8);
            }
        }

        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(lines.WrittenSpan);

        var data = new ArrayBufferWriter<byte>((int)packed.Length * 4 / 3 + 128);
        using (var json = new Utf8JsonWriter(data))
        {
            json.WriteStartObject();
            json.WriteNumber("part", Part);
            json.WriteBoolean("last", IsLast);
            json.WriteNumber("count", Revocations.Count);
            json.WriteBase64String("lines", packed.GetBuffer().AsSpan(0, (int)packed.Length));
            json.WriteEndObject();
        }

        return data.WrittenSpan.ToArray();
    }

    /// <summary>Unpacks the data of an event; false when any byte of it is not as it must be.</summary>
    public static bool TryRead(ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out SnapshotPart? part)
    {
        part = null;
        if (StrictJson.ParseObject(utf8) is not { } json) return false;
        if (!TryNumber(json, "part", 1, MostParts, out var number)) return false;
        if (!json.TryGetProperty("last", out var last) || last.ValueKind is not (JsonValueKind.True or JsonValueKind.False)) return false;
        if (!TryNumber(json, "count", 0, MostRevocations, out var count) || !json.TryGetProperty("lines", out var lines)) return false;
        if (lines.ValueKind is not JsonValueKind.String || !lines.TryGetBytesFromBase64(out var packed)) return false;

        var revocations = new List<Revocation>(count);
        if (!TryUnpack(packed, revocations) || revocations.Count != count) return false;
        part = new(number, last.GetBoolean(), revocations);
        return true;
    }

    private static bool TryUnpack(byte[] packed, List<Revocation> into)
    {
        using var gzip = new GZipStream(new MemoryStream(packed), CompressionMode.Decompress);
        using var unpacked = new MemoryStream();
        var buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            while (gzip.Read(buffer) is > 0 and var read)
            {
                if (unpacked.Length + read > MostBytes) return false;
                unpacked.Write(buffer, 0, read);
            }
        }
        catch (InvalidDataException)
        {
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        var left = unpacked.GetBuffer().AsSpan(0, (int)unpacked.Length);
        while (left.IndexOf((byte)'\n') is >= 0 and var end)
        {
            if (into.Count == MostRevocations || !RevocationJson.TryRead(left[..end], out var revocation)) return false;
            into.Add(revocation);
            left = left[(end + 1)..];
        }

        return left.IsEmpty;
    }

    private static bool TryNumber(JsonElement json, string name, int least, int most, out int number)
    {
        number = 0;
        return json.TryGetProperty(name, out var member) && member.ValueKind is JsonValueKind.Number && member.TryGetInt32(out number) && number >= least && number <= most;
    }
}
