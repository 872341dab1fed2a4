namespace Exeunt.Audit;

/// <summary>Where a request came from, as far as it is known.</summary>
/// <param name="Address">Network address; null when none is known (the command line, a job).</param>
/// <param name="UserAgent">User agent, cut to 400 characters; null when none was sent.</param>
public sealed record Origin(string? Address, string? UserAgent)
{
    /// <summary>From within the server.</summary>
    public static Origin Here { get; } = new(null, null);
}
