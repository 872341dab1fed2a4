using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Exeunt.Storage;

/// <summary>Files and folders that only their owner can read, written so that a crash leaves the old or the new and never half of one.</summary>
internal static class PrivateFiles
{
    /// <summary>Read and write for the owner, nothing for others.</summary>
    public const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const int ReadOnly = 0; // O_RDONLY, the same on every Unix

    /// <summary>Makes a folder that only its owner can enter; one that exists is left as it is.</summary>
    public static void CreateFolder(string folder)
    {
        if (Directory.Exists(folder)) return;
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
        SyncFolderOf(folder);
    }

    /// <summary>Writes the whole file under another name, syncs it, and puts it in the place of the old one. When this returns, no power cut takes it away.</summary>
    public static void Replace(string file, ReadOnlySpan<byte> content)
    {
        var temporary = file + ".new";
        using (var stream = new FileStream(temporary, Options(FileMode.Create, FileShare.None)))
        {
            stream.Write(content);
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, file, overwrite: true);
        SyncFolderOf(file);
    }

    /// <summary>Makes a file, or empties the one that is there.</summary>
    public static FileStream Create(string file) => new(file, Options(FileMode.Create, FileShare.Read));

    /// <summary>Opens a file that no other process can open this way until the stream is disposed.</summary>
    /// <exception cref="IOException">Another process has it.</exception>
    public static FileStream OpenAlone(string file) => new(file, Options(FileMode.OpenOrCreate, FileShare.None));

    /// <summary>Opens a file to append to; others may read it meanwhile.</summary>
    public static FileStream OpenToAppend(string file) => new(file, Options(FileMode.Append, FileShare.Read));

    // A file's name stands in its folder, which is synced by itself: without it, a file that was synced can be gone after a power cut. The framework
    // does not open folders. On Windows the file system's own journal sees to it.
    private static void SyncFolderOf(string path)
    {
        if (OperatingSystem.IsWindows()) return;

        var folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";
        using var opened = Open(Encoding.UTF8.GetBytes(folder + '\0'), ReadOnly);
        if (opened.IsInvalid) throw new IOException($"The folder {folder} cannot be opened: {Marshal.GetLastPInvokeErrorMessage()}.");
        RandomAccess.FlushToDisk(opened);
    }

    private static FileStreamOptions Options(FileMode mode, FileShare share)
    {
        var options = new FileStreamOptions { Mode = mode, Access = mode is FileMode.OpenOrCreate ? FileAccess.ReadWrite : FileAccess.Write, Share = share };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;
        return options;
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern SafeFileHandle Open(byte[] pathWithNul, int flags);
}
