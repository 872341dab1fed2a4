using Microsoft.Win32.SafeHandles;

namespace Exeunt.Storage.Journal;

/// <summary>
/// The journal's file, open to be written: of a fixed size whose space is taken beforehand, so that a disk that fills up while the ledger is away does not
/// take the journal with it. Used by one thread at a time.
/// </summary>
internal sealed class JournalFile : IDisposable
{
    private readonly FileStream file;
    private readonly Action<SafeFileHandle> sync;
    private ulong generation;
    private ulong number;
    private readonly long length;
    private long end;
    private long dirtyUpTo;

    private JournalFile(FileStream file, JournalContent content, Action<SafeFileHandle> sync)
    {
        (this.file, this.sync) = (file, sync);
        (generation, number, end) = (content.Generation, content.LastNumber, content.End);
        length = file.Length; // taken from the disk once and for all; asked for also by those who look on while the server stops
        dirtyUpTo = content.Generation == 0 ? end : length; // an earlier run whose disk failed may have left records anywhere
    }

    /// <summary>Bytes that records can still take.</summary>
    public long Free => length - end;

    /// <summary>Opens the file, or makes it for its owner alone, with all of its space taken.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="bytes">Its size at least; a larger one stays.</param>
    /// <param name="content">What was read from it.</param>
    /// <param name="sync">How it is brought to the disk; a test lets that fail.</param>
    /// <exception cref="IOException">There is no room for it, or it cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be written.</exception>
    public static JournalFile Open(string path, long bytes, JournalContent content, Action<SafeFileHandle>? sync = null)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.Read,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = PrivateFiles.OwnerOnly;
        var stream = new FileStream(path, options);
        try
        {
            if (stream.Length < bytes) Enlarge(stream, bytes);
            var opened = new JournalFile(stream, content, sync ?? RandomAccess.FlushToDisk);
            if (content.Generation == 0) opened.BeginGeneration();
            return opened;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Adds records, all or none of which are on disk when this returns.</summary>
    /// <exception cref="JournalFullException">There is no room for them; nothing was written.</exception>
    /// <exception cref="IOException">They could not be written; what is on disk of them does not count.</exception>
    public void Append(IReadOnlyList<byte[]> payloads)
    {
        var space = payloads.Sum(payload => JournalFormat.SpaceOf(payload.Length));
        if (space > Free) throw new JournalFullException();

        var block = new byte[space];
        var at = 0;
        foreach (var payload in payloads)
        {
            if (payload.Length > JournalFormat.MostPayload) throw new ArgumentException("The record is longer than any that is made.", nameof(payloads));
            JournalFormat.WriteRecord(block.AsSpan(at), generation, ++number, payload); // a number whose write fails is never used again
            at += JournalFormat.SpaceOf(payload.Length);
        }

        dirtyUpTo = Math.Max(dirtyUpTo, end + space);
        RandomAccess.Write(file.SafeFileHandle, block, end);
        sync(file.SafeFileHandle);
        end += space;
    }

    /// <summary>Empties the journal: everything in it is in the ledger. What was in it is overwritten, because it names people.</summary>
    /// <exception cref="IOException">
    /// It could not be written: until something is appended the file may hold what it held, and replaying that again changes nothing.
    /// </exception>
    public void Reset()
    {
        end = JournalFormat.RecordsAt; // whatever fails below: what comes next takes the place of what was replayed
        BeginGeneration();
        if (dirtyUpTo > JournalFormat.RecordsAt) Clear(JournalFormat.RecordsAt, dirtyUpTo);
        dirtyUpTo = JournalFormat.RecordsAt;
    }

    public void Dispose() => file.Dispose();

    private void BeginGeneration()
    {
        // First: when its head's sync fails, the head may be in the file all the same, and records of the filling before would then not count.
        (generation, number) = (generation + 1, 0);
        RandomAccess.Write(file.SafeFileHandle, JournalFormat.Header(generation), generation % 2 == 0 ? JournalFormat.HeaderBlock : 0);
        sync(file.SafeFileHandle);
    }

    private void Clear(long from, long to)
    {
        var zeros = new byte[64 * 1024];
        for (; from < to; from += zeros.Length) RandomAccess.Write(file.SafeFileHandle, zeros.AsSpan(0, (int)Math.Min(zeros.Length, to - from)), from);
        sync(file.SafeFileHandle);
    }

    // Written, not only reserved: some file systems keep no promise for space that was never written to.
    private static void Enlarge(FileStream stream, long bytes)
    {
        var zeros = new byte[256 * 1024];
        for (var at = stream.Length; at < bytes; at += zeros.Length) RandomAccess.Write(stream.SafeFileHandle, zeros.AsSpan(0, (int)Math.Min(zeros.Length, bytes - at)), at);
        RandomAccess.FlushToDisk(stream.SafeFileHandle);
    }
}

/// <summary>The journal has no room left.</summary>
internal sealed class JournalFullException : IOException
{
    public JournalFullException()
        : base("The journal is full.")
    {
    }
}
