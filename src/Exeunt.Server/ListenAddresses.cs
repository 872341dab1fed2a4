using System.Net;
using System.Net.Sockets;

namespace Exeunt.Server;

/// <summary>The addresses to listen on, checked before anything is opened.</summary>
internal static class ListenAddresses
{
    private const string Everywhere = "any.invalid";

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
            else if (!IsOfThisMachine(uri.Host))
                yield return $"--urls: {url} names {uri.Host}, which would listen on every address; write an IP address of this machine or localhost, or * if you mean every one.";
        }
    }

    /// <summary>The issuer that goes with the first address; null when it listens everywhere, because then nobody can tell how the world calls it.</summary>
    public static string? Issuer(string urls)
    {
        var first = new Uri(ForParsing(urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[0]));
        var everywhere = first.Host is Everywhere || (IPAddress.TryParse(first.Host.Trim('[', ']'), out var address) && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)));
        return everywhere ? null : first.GetLeftPart(UriPartial.Authority);
    }

    /// <summary>The same addresses, with a port that is free now where the first one leaves it to the system: an issuer must name one that stays.</summary>
    /// <exception cref="StartRefused">That address is not one of this machine.</exception>
    public static string WithFirstPort(string urls)
    {
        var all = urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var first = new Uri(ForParsing(all[0]));
        if (first.Port != 0) return urls;

        using var listener = new TcpListener(AddressOf(first), 0);
        try
        {
            listener.Start();
        }
        catch (SocketException failure)
        {
            throw new StartRefused($"--urls: cannot listen on {all[0]} ({failure.Message}).");
        }

        all[0] = $"http://{first.Host}:{((IPEndPoint)listener.LocalEndpoint).Port}";
        return string.Join(';', all);
    }

    /// <summary>Finds out whether another program listens there. Ports that are left to the system are free.</summary>
    /// <exception cref="StartRefused">One is taken.</exception>
    public static void RequireFree(string urls)
    {
        foreach (var url in urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var uri = new Uri(ForParsing(url));
            if (uri.Port != 0) RequireFree(new IPEndPoint(AddressOf(uri), uri.Port), url);
        }
    }

    /// <summary>What is said when an address is taken.</summary>
    public static StartRefused InUse(string urls) => new($"--urls: {urls} is in use by another program; stop it, or give another port: --urls http://127.0.0.1:8081");

    private static IPAddress AddressOf(Uri uri) =>
        uri.Host == Everywhere ? IPAddress.Any : uri.Host == "localhost" ? IPAddress.Loopback : IPAddress.Parse(uri.Host.Trim('[', ']'));

    private static void RequireFree(IPEndPoint endPoint, string url)
    {
        using var listener = new TcpListener(endPoint);
        try
        {
            listener.Start();
        }
        catch (SocketException taken) when (taken.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw InUse(url);
        }
        catch (SocketException)
        {
            // The server will say what is wrong with it when it listens.
        }
    }

    // Kestrel takes every other name for all addresses.
    private static bool IsOfThisMachine(string host) => host is Everywhere or "localhost" || IPAddress.TryParse(host.Trim('[', ']'), out _);

    // Kestrel's names for every address are no host names.
    private static string ForParsing(string url) =>
        url.Replace("://*", $"://{Everywhere}", StringComparison.Ordinal).Replace("://+", $"://{Everywhere}", StringComparison.Ordinal);
}
