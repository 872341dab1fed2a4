using System.Security.Cryptography;
using System.Text;
using Exeunt.Storage;

namespace Exeunt.Server;

/// <summary>
/// The folder that holds everything a server keeps: database, keys, the node's memory, the lock and the control socket. With PostgreSQL, database and keys are
/// elsewhere.
/// </summary>
internal sealed class DataFolder
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode OthersWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
    private const UnixFileMode OthersRead = UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private DataFolder(string path, string? memory)
    {
        Path = path;
        Memory = memory ?? In("node.memory");
    }

    public string Path { get; }

    public string Database => In("exeunt.db");

    /// <summary>What the node keeps outside the database. Elsewhere than beside it, it also shows that the whole folder was put back from a copy.</summary>
    public string Memory { get; }

    public string Socket => In("control.sock");

    /// <summary>Whether others than the owner can look into the folder. The files in it are the owner's alone all the same.</summary>
    public bool OthersCanLook => !OperatingSystem.IsWindows() && (File.GetUnixFileMode(Path) & OthersRead) != UnixFileMode.None;

    /// <summary>Makes the folder if it is missing and makes sure that it can be used.</summary>
    /// <param name="path">As it was given.</param>
    /// <param name="memory">Where the node's memory is to be; null for within the folder.</param>
    /// <exception cref="StartRefused">It cannot be made or written, or others could write to it.</exception>
    public static DataFolder Open(string path, string? memory)
    {
        var folder = new DataFolder(System.IO.Path.GetFullPath(path), memory is null ? null : System.IO.Path.GetFullPath(memory));
        try
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder.Path);
            else if (!Directory.Exists(folder.Path)) Directory.CreateDirectory(folder.Path, OwnerOnly);

            var probe = folder.In($".{Environment.ProcessId}.probe");
            using (new FileStream(probe, FileMode.Create, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose))
            {
            }

            if (memory is not null && !Directory.Exists(System.IO.Path.GetDirectoryName(folder.Memory)))
                throw new StartRefused($"--state: the folder of {memory} does not exist; make it first.");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new StartRefused($"--data: {path} cannot be written ({failure.Message.TrimEnd('.')}); give a folder that this user may write to.");
        }

        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(folder.Path) & OthersWrite) != UnixFileMode.None)
            throw new StartRefused($"--data: others may write to {path}, and so could replace keys and database; run: chmod 700 {path}");
        return folder;
    }

    /// <summary>The same for a command, which makes no folder: a slip in the name must not look like an empty ledger.</summary>
    /// <exception cref="StartRefused">There is no ledger in it.</exception>
    public static DataFolder OpenExisting(string path, string? memory) =>
        File.Exists(System.IO.Path.Combine(path, "exeunt.db")) ? Open(path, memory) : throw new StartRefused($"--data: there is no ledger in {path}; start the server once, or give the folder it runs with.");

    /// <summary>Takes the folder for one server until the lock is disposed.</summary>
    /// <exception cref="StartRefused">Another server has it.</exception>
    public FileStream LockForServer()
    {
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            return new(In("server.lock"), options);
        }
        catch (IOException)
        {
            throw new StartRefused($"--data: another server is running on {Path}; stop it first, or give this one a folder of its own.");
        }
    }

    /// <summary>The name of this node among those that share a database: made once, and kept here.</summary>
    public string NodeName()
    {
        var file = In("node.name");
        if (!File.Exists(file)) PrivateFiles.Replace(file, Encoding.ASCII.GetBytes(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))));
        return File.ReadAllText(file).Trim();
    }

    /// <summary>Whether a server has the folder now.</summary>
    public bool IsServed()
    {
        try
        {
            LockForServer().Dispose();
            return false;
        }
        catch (StartRefused)
        {
            return true;
        }
    }

    private string In(string name) => System.IO.Path.Combine(Path, name);
}
