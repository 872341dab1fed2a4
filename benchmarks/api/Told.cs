namespace Exeunt.BenchApi;

/// <summary>What this program is told, as <c>Bench:…</c>.</summary>
internal sealed class Told
{
    /// <summary><c>open</c>, <c>verified</c>, <c>guarded</c>, <c>redis</c> or <c>postgres</c>.</summary>
    public string Side { get; set; } = "";

    public string Issuer { get; set; } = "";

    public string Audience { get; set; } = "";

    /// <summary>The issuer's keys, as a file.</summary>
    public string Keys { get; set; } = "";

    /// <summary>Where the Exeunt server would be.</summary>
    public string Server { get; set; } = "";

    public string ClientId { get; set; } = "";

    public string ClientSecret { get; set; } = "";

    /// <summary>What the guard remembers.</summary>
    public string? GuardFile { get; set; }

    /// <summary>Where ended sessions are asked for: the port of Redis, or the connection string of PostgreSQL.</summary>
    public string Store { get; set; } = "";
}
