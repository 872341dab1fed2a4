using System.Net;

namespace Exeunt.Server;

/// <summary>The addresses to listen on, checked before anything is opened.</summary>
internal static class ListenAddresses
{
    /// <summary>What is wrong with <c>--urls</c>; empty when nothing is.</summary>
    public static IEnumerable<string> Check(string urls)
    {
        var all = urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (all.Length == 0) yield return "--urls: give an address such as http://127.0.0.1:8080.";
        foreach (var url in all)
        {
            if (url.StartsWith("https:", StringComparison.OrdinalIgnoreCase))
                yield return $"--urls: {url} needs a certificate, which this server does not handle; listen on http:// and put a TLS proxy before it.";
            else if (!Uri.TryCreate(ForParsing(url), UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttp || uri.PathAndQuery != "/")
                yield return $"--urls: '{url}' is not an address such as http://127.0.0.1:8080.";
        }
    }

    /// <summary>The issuer that goes with the first address; null when it listens everywhere, because then nobody can tell how the world calls it.</summary>
    public static string? Issuer(string urls)
    {
        var first = new Uri(ForParsing(urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[0]));
        var everywhere = first.Host is "any.invalid" || (IPAddress.TryParse(first.Host.Trim('[', ']'), out var address) && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)));
        return everywhere ? null : first.GetLeftPart(UriPartial.Authority);
    }

    // Kestrel's names for every address are no host names.
    private static string ForParsing(string url) =>
        url.Replace("://*", "://any.invalid", StringComparison.Ordinal).Replace("://+", "://any.invalid", StringComparison.Ordinal);
}
