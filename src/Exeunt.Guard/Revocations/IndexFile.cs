using System.Buffers.Binary;
using Exeunt.Protocol.Revocations;

namespace Exeunt.Guard.Revocations;

/// <summary>
/// The index on disk: magic and version, the number of layers, each layer (key, then per scope its entries, ended by a fingerprint of zero),
/// and the SHA-256 of all that, so that a single altered bit is noticed. Numbers are little-endian. Nothing may follow.
/// </summary>
internal static class IndexFile
{
    private const int PointBytes = 8 + 4;
    private const int CutOffBytes = 8 + 16 + 8 + 8 + 4;

    private static ReadOnlySpan<byte> MagicAndVersion => "exeunt revocations 1\n"u8;

    public static void Write(Stream destination, IReadOnlyList<Layer> layers)
    {
        using var output = new HashedWriter(destination);
        MagicAndVersion.CopyTo(output.Next(MagicAndVersion.Length));
        BinaryPrimitives.WriteInt32LittleEndian(output.Next(sizeof(int)), layers.Count);
        foreach (var layer in layers) WriteLayer(output, layer);
        output.End();
    }

    /// <summary>Reads everything and judges it before anything is used.</summary>
    public static IndexLoad Read(Stream source, out List<Layer> layers)
    {
        layers = [];
        using var input = new HashedReader(source);
        try
        {
            if (!input.Next(MagicAndVersion.Length).SequenceEqual(MagicAndVersion)) return IndexLoad.OtherFormat;
            for (var left = BinaryPrimitives.ReadInt32LittleEndian(input.Next(sizeof(int))); left > 0; left--) layers.Add(ReadLayer(input));
            return layers.Count != 0 && input.EndsHere() ? IndexLoad.Loaded : IndexLoad.Damaged;
        }
        catch (EndOfStreamException)
        {
            return IndexLoad.Damaged;
        }
    }

    private static void WriteLayer(HashedWriter output, Layer layer)
    {
        layer.Fingerprints.Key.CopyTo(output.Next(Fingerprints.KeyBytes));
        foreach (var scope in Layer.PointScopes)
        {
            foreach (var (fingerprint, expires) in layer.Points(scope).Entries())
            {
                var to = output.Next(PointBytes);
                BinaryPrimitives.WriteUInt64LittleEndian(to, fingerprint);
                BinaryPrimitives.WriteUInt32LittleEndian(to[8..], expires);
            }

            output.Next(PointBytes).Clear();
        }

        foreach (var scope in Layer.CutOffScopes)
        {
            foreach (var cutOff in layer.CutOffs(scope).Entries())
            {
                var to = output.Next(CutOffBytes);
                BinaryPrimitives.WriteUInt64LittleEndian(to, cutOff.Fingerprint);
                BinaryPrimitives.WriteUInt128LittleEndian(to[8..], cutOff.UpTo);
                BinaryPrimitives.WriteInt64LittleEndian(to[24..], cutOff.UpToSecond);
                BinaryPrimitives.WriteUInt64LittleEndian(to[32..], cutOff.Except);
                BinaryPrimitives.WriteUInt32LittleEndian(to[40..], cutOff.Expires);
            }

            output.Next(CutOffBytes).Clear();
        }
    }

    private static Layer ReadLayer(HashedReader input)
    {
        var layer = new Layer(Fingerprints.FromKey(input.Next(Fingerprints.KeyBytes)));
        foreach (var scope in Layer.PointScopes)
        {
            var points = new List<(ulong Fingerprint, uint Expires)>();
            while (TryReadPoint(input, out var fingerprint, out var expires)) points.Add((fingerprint, expires));
            layer.Add(scope, points);
        }

        foreach (var scope in Layer.CutOffScopes)
        {
            var cutOffs = new List<CutOff>();
            while (TryReadCutOff(input, out var cutOff)) cutOffs.Add(cutOff);
            layer.Add(scope, cutOffs);
        }

        return layer;
    }

    private static bool TryReadPoint(HashedReader input, out ulong fingerprint, out uint expires)
    {
        var from = input.Next(PointBytes);
        fingerprint = BinaryPrimitives.ReadUInt64LittleEndian(from);
        expires = BinaryPrimitives.ReadUInt32LittleEndian(from[8..]);
        return fingerprint != Fingerprints.None;
    }

    private static bool TryReadCutOff(HashedReader input, out CutOff cutOff)
    {
        var from = input.Next(CutOffBytes);
        cutOff = new CutOff
        {
            Fingerprint = BinaryPrimitives.ReadUInt64LittleEndian(from),
            UpTo = BinaryPrimitives.ReadUInt128LittleEndian(from[8..]),
            UpToSecond = BinaryPrimitives.ReadInt64LittleEndian(from[24..]),
            Except = BinaryPrimitives.ReadUInt64LittleEndian(from[32..]),
            Expires = BinaryPrimitives.ReadUInt32LittleEndian(from[40..]),
        };
        return cutOff.Fingerprint != Fingerprints.None;
    }
}
