using Exeunt.Storage;

namespace Exeunt.Server.Moving;

/// <summary>
/// Puts a ledger and its keys in the place of those of a data folder, which are moved aside and never deleted. Every step can be repeated: what was broken off
/// is finished by <see cref="Finish"/>, and until then no server takes the folder.
/// </summary>
internal sealed class FolderSwap(string folder)
{
    private const string Database = "exeunt.db";
    private const string Keys = "keys";

    // The files beside the database go first: a log that is left beside another database would be played into that.
    private static readonly string[] DatabaseFiles = [$"{Database}-wal", $"{Database}-shm", Database];

    private string Place => Path.Combine(folder, "replacing");

    private string New => Path.Combine(Place, "new");

    private string Old => Path.Combine(Place, "old");

    /// <summary>Where the new files are prepared.</summary>
    public string Staging => Path.Combine(folder, "restoring");

    /// <summary>Whether it has begun and was not finished.</summary>
    public bool IsUnderWay => Directory.Exists(New);

    /// <summary>Whether there is anything that would have to make room.</summary>
    public bool IsNeeded => DatabaseFiles.Any(name => File.Exists(Path.Combine(folder, name))) || Directory.Exists(Path.Combine(folder, Keys));

    /// <summary>An empty folder to prepare the new files in; what was left there by a restore that did not get far is deleted.</summary>
    public string Stage()
    {
        if (Directory.Exists(Staging)) Directory.Delete(Staging, recursive: true);
        PrivateFiles.CreateFolder(Staging);
        return Staging;
    }

    /// <summary>Begins with what was prepared, and goes through with it.</summary>
    /// <param name="name">What the folder with the old files is to be called.</param>
    /// <returns>That folder; null when there were none.</returns>
    /// <exception cref="InvalidDataException">What was prepared is not all in the database's file; nothing has changed places.</exception>
    public string? Swap(string name)
    {
        // The log beside the database does not come along, and what it still holds are the endings of the restore.
        if (new FileInfo(Path.Combine(Staging, $"{Database}-wal")) is { Exists: true, Length: > 0 })
            throw new InvalidDataException($"what was prepared in {Staging} could not be written into the database's file; is the disk full, or does another program read there?");

        PrivateFiles.CreateFolder(Place);
        Directory.Move(Staging, New);
        SyncAfterMoving();
        return Finish(name);
    }

    /// <summary>Goes through with what has begun.</summary>
    public string? Finish(string name)
    {
        PrivateFiles.CreateFolder(Old);
        if (Directory.Exists(Path.Combine(New, Keys)))
        {
            if (Directory.Exists(Path.Combine(folder, Keys))) Directory.Move(Path.Combine(folder, Keys), Path.Combine(Old, Keys));
            Directory.Move(Path.Combine(New, Keys), Path.Combine(folder, Keys));
            SyncAfterMoving();
        }

        if (File.Exists(Path.Combine(New, Database)))
        {
            foreach (var file in DatabaseFiles.Where(file => File.Exists(Path.Combine(folder, file)))) File.Move(Path.Combine(folder, file), Path.Combine(Old, file));
            File.Move(Path.Combine(New, Database), Path.Combine(folder, Database));
            SyncAfterMoving();
        }

        string? kept = null;
        if (Directory.EnumerateFileSystemEntries(Old).Any())
        {
            kept = Path.Combine(folder, name);
            Directory.Move(Old, kept);
        }

        SyncAfterMoving();
        Directory.Delete(Place, recursive: true);
        return kept;
    }

    // A power cut must not take back a move whose followers it keeps.
    private void SyncAfterMoving()
    {
        foreach (var parent in (string[])[folder, Place, New, Old])
        {
            if (Directory.Exists(parent)) PrivateFiles.SyncFolderOf(Path.Combine(parent, Database));
        }
    }
}
