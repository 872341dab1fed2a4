using System.Diagnostics;
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
    private const UnixFileMode OthersWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
    private const UnixFileMode OthersRead = UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    // A command that asks whether a server is running holds the lock for a moment; that must not refuse a start.
    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(1);

    private DataFolder(string path, string? memory)
    {
        Path = path;
        Memory = memory ?? In("node.memory");
    }

    public string Path { get; }

    public string Database => In("exeunt.db");

    /// <summary>What the node keeps outside the database. Elsewhere than beside it, it also shows that the whole folder was put back from a copy.</summary>
    public string Memory { get; }

    /// <summary>What takes endings while the ledger is away.</summary>
    public string Journal => In("ending.journal");

    /// <summary>The issuer that this server last ran under: a start without the ledger can ask nobody else.</summary>
    public string Issuer => In("node.issuer");

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
            PrivateFiles.CreateFolder(folder.Path);

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
    public static DataFolder OpenExisting(string path, string? memory)
    {
        if (File.Exists(System.IO.Path.Combine(path, "exeunt.db"))) return Open(path, memory);
        throw new StartRefused(IsClosedToUs(path)
            ? $"--data: this user may not look into {path}; run this as the user that the server runs as."
            : $"--data: there is no ledger in {path}; start the server once, or give the folder it runs with.");
    }

    // What may not be looked into looks empty.
    private static bool IsClosedToUs(string path)
    {
        try
        {
            if (Directory.Exists(path)) Directory.GetFileSystemEntries(path);
            return false;
        }
        catch (UnauthorizedAccessException)
        {
            return true;
        }
    }

    /// <summary>Takes the folder for one server until the lock is disposed.</summary>
    /// <exception cref="StartRefused">Another server has it.</exception>
    public FileStream LockForServer()
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return PrivateFiles.OpenAlone(In("server.lock"));
            }
            catch (IOException taken) when (PrivateFiles.IsTaken(taken) && waited.Elapsed < LockPatience)
            {
                Thread.Sleep(10); // a lock on a file has no event that could be waited for
            }
            catch (IOException taken) when (PrivateFiles.IsTaken(taken))
            {
                throw new StartRefused($"--data: another server is running on {Path}; stop it first, or give this one a folder of its own.");
            }
            catch (IOException failure)
            {
                throw new StartRefused($"--data: {In("server.lock")} cannot be opened ({failure.Message.TrimEnd('.')}).");
            }
            catch (UnauthorizedAccessException)
            {
                throw new StartRefused($"--data: {In("server.lock")} cannot be written; run as the user whom {Path} and all that is in it belong to.");
            }
        }
    }

    /// <summary>The name of this node among those that share a database: made once, and kept here.</summary>
    public string NodeName()
    {
        var file = In("node.name");
        if (!File.Exists(file)) PrivateFiles.Replace(file, Encoding.ASCII.GetBytes(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))));
        return File.ReadAllText(file).Trim();
    }

    /// <summary>Whether a server has the folder now. Commands that ask at the same time are not taken for one: reading, they share the lock.</summary>
    public bool IsServed()
    {
        try
        {
            new FileStream(In("server.lock"), FileMode.Open, FileAccess.Read, FileShare.Read).Dispose();
            return false;
        }
        catch (FileNotFoundException)
        {
            return false; // none has ever run here
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    private string In(string name) => System.IO.Path.Combine(Path, name);
}
