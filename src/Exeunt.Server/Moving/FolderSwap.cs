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
    public string? Swap(string name)
    {
        PrivateFiles.CreateFolder(Place);
        Directory.Move(Staging, New);
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
        }

        if (File.Exists(Path.Combine(New, Database)))
        {
            foreach (var file in DatabaseFiles.Where(file => File.Exists(Path.Combine(folder, file)))) File.Move(Path.Combine(folder, file), Path.Combine(Old, file));
            File.Move(Path.Combine(New, Database), Path.Combine(folder, Database));
        }

        string? kept = null;
        if (Directory.EnumerateFileSystemEntries(Old).Any())
        {
            kept = Path.Combine(folder, name);
            Directory.Move(Old, kept);
        }

        Directory.Delete(Place, recursive: true);
        return kept;
    }
}
