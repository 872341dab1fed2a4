using Exeunt.Protocol.Ids;
using Microsoft.Extensions.Options;

namespace Exeunt.Guard.Hosting;

/// <summary>What no API may start with: each mistake is one sentence that begins with the option's name.</summary>
internal sealed class GuardOptionsCheck(GuardScheme scheme) : IValidateOptions<GuardOptions>
{
    public ValidateOptionsResult Validate(string? name, GuardOptions options)
    {
        var mistakes = Find(options).ToList();
        return mistakes.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(mistakes);
    }

    private IEnumerable<string> Find(GuardOptions options)
    {
        if (options.Servers.Count == 0) yield return "Servers: give the address of the Exeunt server: https://login.example.com.";
        foreach (var server in options.Servers)
        {
            if (!server.IsAbsoluteUri || server.Scheme is not ("https" or "http") || server.Query.Length > 0 || server.Fragment.Length > 0 || server.UserInfo.Length > 0)
                yield return $"Servers: '{server}' is not an address such as https://login.example.com.";
            else if (server.Scheme is "http" && !server.IsLoopback && !options.AllowPlainHttp)
                yield return $"Servers: '{server}' would send the client's secret in the clear; use https, or AllowPlainHttp where the network is encrypted.";
        }

        if (string.IsNullOrWhiteSpace(options.Issuer)) yield return "Issuer: give what tokens say as iss, exactly.";
        if (scheme.IsUsed && options.Audiences.Count == 0) yield return "Audiences: name this API as tokens do (Tokens:Audience of the server); without it tokens meant for others would pass.";
        if (options.Audiences.Any(string.IsNullOrWhiteSpace)) yield return "Audiences: one is empty.";
        if (!AppId.TryParse(options.ClientId, null, out _)) yield return "ClientId: give the id that 'exeunt clients add' printed: app_….";
        if (string.IsNullOrEmpty(options.ClientSecret)) yield return "ClientSecret: give the secret that 'exeunt clients add' printed.";
        if (options.Name?.Length > 100 || options.Instance.Length > 100) yield return "Name, Instance: have at most 100 characters.";
        if (options.Leeway < TimeSpan.Zero || options.Leeway > TimeSpan.FromSeconds(60)) yield return $"Leeway: {options.Leeway} is not between 0 and 60 seconds; endings are forgotten two minutes after the last token.";
        if (options.RememberedTokens < 1) yield return "RememberedTokens: must be at least 1.";
        if (options.MostRevocations < 1) yield return "MostRevocations: must be at least 1.";
        if (options.MostConnections < 1) yield return "MostConnections: must be at least 1.";
        if (options.SnapshotFile is { } file && !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(file)))) yield return $"SnapshotFile: the folder of '{file}' does not exist.";
    }
}

/// <summary>Whether the guard verifies tokens itself, or stands behind another scheme.</summary>
internal sealed class GuardScheme
{
    public bool IsUsed { get; set; }
}
