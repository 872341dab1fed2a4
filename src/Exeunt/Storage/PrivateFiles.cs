namespace Exeunt.Storage;

/// <summary>Files and folders that only their owner can read, written so that a crash leaves the old or the new and never half of one.</summary>
internal static class PrivateFiles
{
    /// <summary>Read and write for the owner, nothing for others.</summary>
    public const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Makes a folder that only its owner can enter; one that exists is left as it is.</summary>
    public static void CreateFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else if (!Directory.Exists(folder)) Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
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

    /// <summary>Opens a file to append to; others may read it meanwhile.</summary>
    public static FileStream OpenToAppend(string file) => new(file, Options(FileMode.Append, FileShare.Read));

    private static FileStreamOptions Options(FileMode mode, FileShare share)
    {
        var options = new FileStreamOptions { Mode = mode, Access = mode is FileMode.OpenOrCreate ? FileAccess.ReadWrite : FileAccess.Write, Share = share };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;
        return options;
    }
}
