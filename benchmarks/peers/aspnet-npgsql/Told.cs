namespace Exeunt.AspNetPeer;

/// <summary>What this program is told, as <c>Peer:…</c>.</summary>
internal sealed class Told
{
    /// <summary>The connection string of PostgreSQL.</summary>
    public string Database { get; set; } = "";

    /// <summary>The file with the private key, PKCS #8 as PEM.</summary>
    public string Key { get; set; } = "";

    /// <summary>Who may sign in with a password, when the database is filled.</summary>
    public string Email { get; set; } = "";

    public string Password { get; set; } = "";
}
