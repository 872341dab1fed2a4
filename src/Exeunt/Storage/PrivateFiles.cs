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

    private const UnixFileMode OfOthers =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Makes a folder that only its owner can enter; one that exists is left as it is.</summary>
    public static void CreateFolder(string folder)
    {
        if (Directory.Exists(folder)) return;
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
        SyncFolderOf(folder);
    }

    /// <summary>Makes sure that nobody but its owner can enter a folder: it may have been put back from a copy that was open to all.</summary>
    /// <exception cref="UnauthorizedAccessException">It is open to others and belongs to somebody else.</exception>
    public static void CloseFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        var mode = File.GetUnixFileMode(folder);
        if ((mode & OfOthers) != UnixFileMode.None) File.SetUnixFileMode(folder, mode & ~OfOthers);
    }

    /// <summary>Writes the whole file under another name, syncs it, and puts it in the place of the old one. When this returns, no power cut takes it away.</summary>
    public static void Replace(string file, ReadOnlySpan<byte> content)
    {
        using (var stream = BeginReplacing(file))
        {
            stream.Write(content);
            stream.Flush(flushToDisk: true);
        }

        EndReplacing(file);
    }

    /// <summary>The same for what is too long to be held in memory at once.</summary>
    /// <param name="file">The file.</param>
    /// <param name="write">Writes all of it. When it throws, the old file stays.</param>
    public static async Task ReplaceAsync(string file, Func<Stream, Task> write)
    {
        await using (var stream = BeginReplacing(file))
        {
            await write(stream);
            stream.Flush(flushToDisk: true);
        }

        EndReplacing(file);
    }

    /// <summary>Makes a file, or empties the one that is there and closes it to others.</summary>
    /// <exception cref="UnauthorizedAccessException">It is open to others and belongs to somebody else.</exception>
    public static FileStream Create(string file)
    {
        var stream = new FileStream(file, Options(FileMode.Create, FileShare.Read));
        try
        {
            // The mode that is asked for counts only for a new file.
            if (!OperatingSystem.IsWindows() && stream.CanSeek && !IsOfSystem(file) && (File.GetUnixFileMode(stream.SafeFileHandle) & OfOthers) != UnixFileMode.None)
                File.SetUnixFileMode(stream.SafeFileHandle, OwnerOnly);
            return stream;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Opens a file that no other process can open this way until the stream is disposed.</summary>
    /// <exception cref="IOException">Another process has it.</exception>
    public static FileStream OpenAlone(string file) => new(file, Options(FileMode.OpenOrCreate, FileShare.None));

    /// <summary>Whether opening failed because another process has the file, and not for any other reason.</summary>
    public static bool IsTaken(IOException failure) =>
        OperatingSystem.IsWindows() ? (failure.HResult & 0xFFFF) is 32 or 33 // ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION
        : failure.HResult == (OperatingSystem.IsMacOS() ? 35 : 11); // EWOULDBLOCK

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

    // /dev/null and /dev/stdout are everybody's, and stay so.
    private static bool IsOfSystem(string file)
    {
        var meant = File.ResolveLinkTarget(file, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(file);
        return meant.StartsWith("/dev/", StringComparison.Ordinal) || meant.StartsWith("/proc/", StringComparison.Ordinal);
    }

    private static FileStream BeginReplacing(string file) => new(file + ".new", Options(FileMode.Create, FileShare.None));

    private static void EndReplacing(string file)
    {
        File.Move(file + ".new", file, overwrite: true);
        SyncFolderOf(file);
    }

    /// <summary>Syncs the folder in which a file or folder stands, after it was moved or made.</summary>
    /// <remarks>
    /// A file's name stands in its folder, which is synced by itself: without it, a file that was synced can be gone after a power cut. The framework does
    /// not open folders. On Windows the file system's own journal sees to it.
    /// </remarks>
    public static void SyncFolderOf(string path)
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
