namespace Exeunt.Guard;

/// <summary>What <see cref="RevocationIndex.Load"/> found.</summary>
public enum IndexLoad
{
    /// <summary>A whole file; it has been merged.</summary>
    Loaded = 1,

    /// <summary>The file was cut off or altered. Ask the server for a snapshot, and enforce nothing less meanwhile.</summary>
    Damaged = 2,

    /// <summary>No file of this kind, or one of another version.</summary>
    OtherFormat = 3,
}
