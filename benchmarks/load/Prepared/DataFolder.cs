namespace Exeunt.LoadBench.Prepared;

/// <summary>A temporary folder on the disk that the benchmark was told to use; it goes when the measurement is over.</summary>
internal sealed class DataFolder : IDisposable
{
    public DataFolder(string parent)
    {
        Path = System.IO.Path.Combine(parent, System.IO.Path.GetRandomFileName());
        Directory.CreateDirectory(Path);
    }

    public string Path { get; }

    public string Database => System.IO.Path.Combine(Path, "exeunt.db");

    /// <summary>
    /// Bytes that the newest transactions put into the write-ahead log since its beginning. The file itself is longer, because it is written over; how far the
    /// valid part reaches stands in the index beside it (SQLite's file format, "WAL-Index Header": mxFrame at 16, page size at 14).
    /// </summary>
    public long LogFrames()
    {
        const int FrameHeader = 24;
        using var index = new FileStream(Database + "-shm", FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        Span<byte> header = stackalloc byte[48];
        index.ReadExactly(header);
        var page = BitConverter.ToUInt16(header[14..]);
        return (long)BitConverter.ToUInt32(header[16..]) * (page + FrameHeader);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
