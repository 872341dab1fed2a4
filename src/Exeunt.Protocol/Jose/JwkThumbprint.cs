using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Exeunt.Protocol.Jose;

/// <summary>Names a key by what it is (RFC 7638).</summary>
internal static class JwkThumbprint
{
    /// <param name="members">The required members of the key type in lexicographic order (RFC 7638 §3.2), with values that need no JSON escape.</param>
    /// <returns>Base64url of the SHA-256 over the members as compact JSON.</returns>
    public static string Of(IReadOnlyList<(string Name, string Value)> members)
    {
        var json = "{" + string.Join(',', members.Select(member => $"\"{member.Name}\":\"{member.Value}\"")) + "}";
        return Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(json)));
    }
}
