namespace Exeunt.LoadBench.Processes;

/// <summary>Which programs of others this machine has.</summary>
internal static class Installed
{
    /// <summary>Whether a program is found by its name.</summary>
    /// <param name="program">Its name.</param>
    /// <param name="more">Folders where it may be besides those of <c>PATH</c>.</param>
    public static bool Has(string program, params string[] more) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Concat(more).Any(place => File.Exists(Path.Combine(place, program)));
}
