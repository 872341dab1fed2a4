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

    /// <summary>Bytes in the write-ahead log.</summary>
    public long LogBytes => new FileInfo(Database + "-wal") is { Exists: true } log ? log.Length : 0;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
