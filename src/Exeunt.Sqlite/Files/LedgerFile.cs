using System.Runtime.Versioning;
using Exeunt.Storage;

namespace Exeunt.Sqlite.Files;

/// <summary>The database file on disk: made for its owner alone. SQLite gives the files beside it (-wal, -shm) the same permissions.</summary>
internal static class LedgerFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Creates what is missing and takes away what others could read.</summary>
    /// <exception cref="LedgerUnavailableException">The folder or the file cannot be made.</exception>
    public static void Prepare(string path)
    {
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                if (!File.Exists(path)) File.Create(path).Dispose();
                return;
            }

            Directory.CreateDirectory(Path.GetDirectoryName(path)!, OwnerOnly | UnixFileMode.UserExecute);
            if (!File.Exists(path)) Create(path);
            var mode = File.GetUnixFileMode(path);
            if ((mode & ~OwnerOnly) != UnixFileMode.None) File.SetUnixFileMode(path, mode & OwnerOnly);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new LedgerUnavailableException(
                $"The database {path} cannot be created: {failure.Message} Check that this user may write to the folder.", failure);
        }
    }

    // Only a file that is not there is opened: closing a file drops all locks that this process holds on it, SQLite's too (POSIX, fcntl).
    [UnsupportedOSPlatform("windows")]
    private static void Create(string path)
    {
        try
        {
            new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }).Dispose();
        }
        catch (IOException) when (File.Exists(path))
        {
            // Another process was faster; it made the same file.
        }
    }
}
