using System.Security.Cryptography;

namespace Exeunt.Server.Commands;

/// <summary>A password that nobody thought of: 100 bits in characters that are not mistaken for each other.</summary>
internal static class MadePassword
{
    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

    public static string New() => string.Join('-', Enumerable.Range(0, 4).Select(_ => RandomNumberGenerator.GetString(Alphabet, 5)));
}
