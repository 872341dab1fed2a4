namespace Exeunt.Storage;

/// <summary>Files and folders that only their owner can read, written so that a crash leaves the old or the new and never half of one.</summary>
internal static class PrivateFiles
{
    /// <summary>Read and write for the owner, nothing for others.</summary>
    public const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const UnixFileMode OfOthers =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Makes a folder that only its owner can enter; one that exists, put back from a copy perhaps, is closed to others.</summary>
    /// <exception cref="UnauthorizedAccessException">It is open to others and belongs to somebody else.</exception>
    public static void CreateFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
            return;
        }

        if (!Directory.Exists(folder)) Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
        var mode = File.GetUnixFileMode(folder);
        if ((mode & OfOthers) != UnixFileMode.None) File.SetUnixFileMode(folder, mode & ~OfOthers);
    }

    /// <summary>Writes the whole file under another name, syncs it, and puts it in the place of the old one.</summary>
    public static void Replace(string file, ReadOnlySpan<byte> content)
    {
        var temporary = file + ".new";
        using (var stream = new FileStream(temporary, Options(FileMode.Create, FileShare.None)))
        {
            stream.Write(content);
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, file, overwrite: true);
    }

    /// <summary>Opens a file that no other process can open this way until the stream is disposed.</summary>
    /// <exception cref="IOException">Another process has it.</exception>
    public static FileStream OpenAlone(string file) => new(file, Options(FileMode.OpenOrCreate, FileShare.None));

    /// <summary>Appends all of it or none: what a full disk has cut short is taken away again, or the next append would begin in the middle of a line.</summary>
    public static void Append(string file, ReadOnlySpan<byte> content)
    {
        using var stream = new FileStream(file, Options(FileMode.OpenOrCreate, FileShare.Read));
        var length = stream.Length;
        try
        {
            RandomAccess.Write(stream.SafeFileHandle, content, length);
        }
        catch (Exception failure) when (failure is IOException or ArgumentOutOfRangeException)
        {
            RandomAccess.SetLength(stream.SafeFileHandle, length);
            throw new IOException(failure.Message, failure); // a limit to the size of files (EFBIG) comes as an argument that is out of range
        }
    }

    private static FileStreamOptions Options(FileMode mode, FileShare share)
    {
        var options = new FileStreamOptions { Mode = mode, Access = mode is FileMode.OpenOrCreate ? FileAccess.ReadWrite : FileAccess.Write, Share = share };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;
        return options;
    }
}
