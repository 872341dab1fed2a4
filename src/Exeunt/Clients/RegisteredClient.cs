using System.Security.Cryptography;
using System.Text;
using Exeunt.Protocol.Ids;

namespace Exeunt.Clients;

/// <summary>A program with credentials of its own. Its secret is kept as SHA-256: it is random, so nothing slower is needed to make the stored form useless.</summary>
/// <param name="Id">Its user name in HTTP Basic.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Scopes">What it may do, from <see cref="ClientScopes"/>.</param>
/// <param name="SecretHash">SHA-256 of the secret.</param>
/// <param name="CreatedAt">When it was added, ledger time.</param>
public sealed record RegisteredClient(AppId Id, string Name, IReadOnlyList<string> Scopes, byte[] SecretHash, DateTimeOffset CreatedAt)
{
    /// <summary>Whether this is its secret; takes the same time whatever is presented.</summary>
    public bool Knows(ReadOnlySpan<char> secret) => CryptographicOperations.FixedTimeEquals(HashOf(secret), SecretHash);

    /// <summary>The form in which a secret is stored.</summary>
    public static byte[] HashOf(ReadOnlySpan<char> secret)
    {
        var utf8 = new byte[Encoding.UTF8.GetMaxByteCount(secret.Length)];
        var hash = SHA256.HashData(utf8.AsSpan(0, Encoding.UTF8.GetBytes(secret, utf8)));
        CryptographicOperations.ZeroMemory(utf8);
        return hash;
    }

    /// <summary>Names it without its hash.</summary>
    public override string ToString() => $"{Name} ({Id})";
}

/// <summary>What a client may be allowed to do. The names are stored: they keep their meaning for ever.</summary>
public static class ClientScopes
{
    /// <summary>Follow the revocation feed, acknowledge, and ask about a token: what a guard needs.</summary>
    public const string Feed = "feed";

    /// <summary>Ask what a token is worth (RFC 7662).</summary>
    public const string Introspect = "introspect";

    /// <summary>Every scope there is.</summary>
    public static IReadOnlyList<string> All { get; } = [Feed, Introspect];
}
