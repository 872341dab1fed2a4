using Exeunt.Http;
using Exeunt.Protocol.Ids;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Exeunt.Accounts;

/// <summary>What the fields of requests about accounts must look like. Each check gives the problem to answer with, or null.</summary>
internal static class Fields
{
    private const int LongestName = 200;
    private const int LongestDeviceName = 100;
    private const int LongestClientId = 64;

    /// <summary>A password that somebody typed: there, and not so long that it only keeps the server busy.</summary>
    public static ProblemHttpResult? CheckPassword(string field, string? password) => password switch
    {
        null or "" => Problems.InvalidField(field, $"Give the password as '{field}'."),
        { Length: > Passwords.Longest } => Problems.InvalidField(field, $"A password has at most {Passwords.Longest} characters."),
        _ => null,
    };

    /// <summary>A name to show.</summary>
    public static ProblemHttpResult? CheckName(string? name) => CheckText("name", name, LongestName);

    /// <summary>What a sign-in says of its device and client.</summary>
    public static ProblemHttpResult? CheckDevice(string? deviceName, string? clientId) =>
        CheckText("device_name", deviceName, LongestDeviceName) ?? CheckClientId(clientId);

    // AT-8: a client must never be taken for a user, so it cannot have the id of one.
    private static ProblemHttpResult? CheckClientId(string? id) =>
        id is null || (id.Length is > 0 and <= LongestClientId && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-') && !Id.TryParse<UserId>(id, out _))
            ? null
            : Problems.InvalidField("client_id", $"A client id has 1 to {LongestClientId} letters, digits, dots, hyphens or underscores, and is not a user's id.");

    private static ProblemHttpResult? CheckText(string field, string? text, int longest) =>
        text is null || (text.Length <= longest && !text.Any(MisleadsReaders))
            ? null
            : Problems.InvalidField(field, $"Give at most {longest} characters as '{field}', without control characters.");

    /// <summary>
    /// What must not be in a text that people read in lists and decide something by: it breaks the line, turns the direction of writing, or is no character.
    /// </summary>
    public static bool MisleadsReaders(char c) =>
        char.IsControl(c) || c is '\u2028' or '\u2029' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069') or (>= '\uFDD0' and <= '\uFDEF') or >= '\uFFFE';
}
