using System.Text;
using Exeunt.Protocol.Jose;

namespace Exeunt.Hosting;

/// <summary>What is wrong with the providers of the settings.</summary>
internal static class ProviderCheck
{
    private const int LeastSecretBytes = 32; // JOSE-10: HS256 takes a key of at least 256 bits

    public static IEnumerable<string> Find(ExeuntOptions options)
    {
        foreach (var (i, provider) in options.Providers.Index())
        {
            foreach (var (setting, mistake) in FindIn(provider)) yield return SettingsCheck.Line($"Providers:{i}:{setting}", mistake);
            foreach (var mistake in SettingsCheck.Within($"Providers:{i}:SessionLifetime", provider.SessionLifetime, TimeSpan.FromMinutes(1), TimeSpan.FromDays(3660)))
                yield return mistake;

            if (provider.Name is { } name && options.Providers.FindIndex(p => p.Name == name) < i) yield return SettingsCheck.Line($"Providers:{i}:Name", $"'{name}' is there twice");
            if (provider.Issuer is not { } issuer) continue;
            if (options.Providers.FindIndex(p => p.Issuer == issuer) < i)
                yield return SettingsCheck.Line($"Providers:{i}:Issuer", $"'{issuer}' is another provider's as well: whose keys count could not be told");
            if (issuer == options.Server.Issuer) yield return SettingsCheck.Line($"Providers:{i}:Issuer", $"'{issuer}' is this server's own (Server:Issuer)");
        }
    }

    private static IEnumerable<(string Name, string Mistake)> FindIn(ProviderOptions provider)
    {
        if (string.IsNullOrEmpty(provider.Name)) yield return ("Name", "must be given: letters, digits and hyphens");
        else if (provider.Name.Length > 60 || !provider.Name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')) yield return ("Name", $"'{provider.Name}' has something else than letters, digits and hyphens");

        if (provider.Kind is not ("clerk" or "oidc" or "jwt")) yield return ("Kind", $"'{provider.Kind}' is neither clerk, oidc nor jwt");
        if (string.IsNullOrWhiteSpace(provider.Issuer)) yield return ("Issuer", "must be given: what its tokens say as iss, exactly");

        var sources = new[] { provider.JwksUri, provider.PublicKeyFile, provider.Secret }.Count(source => !string.IsNullOrEmpty(source));
        if (sources == 0) yield return ("JwksUri", "is missing, and so are PublicKeyFile and Secret: give exactly one, or no token can be verified");
        if (sources > 1) yield return ("JwksUri", "stands beside PublicKeyFile or Secret: give exactly one");

        if (provider.JwksUri is { Length: > 0 } address && !IsKeySetAddress(address)) yield return ("JwksUri", $"'{address}' is not an address that begins with https:// (http:// is for this machine only)");
        if (provider.PublicKeyFile is { Length: > 0 } file && WhyNotKeyFile(file) is { } why) yield return ("PublicKeyFile", why);
        if (provider.Secret is { Length: > 0 } secret)
        {
            if (provider.Kind is "clerk" or "oidc") yield return ("Secret", $"is for kind jwt; a provider of kind {provider.Kind} signs with a key whose public half is given by JwksUri or PublicKeyFile");
            if (Encoding.UTF8.GetByteCount(secret) < LeastSecretBytes) yield return ("Secret", $"is too short: HS256 needs at least {LeastSecretBytes} bytes");
        }
    }

    private static bool IsKeySetAddress(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback));

    private static string? WhyNotKeyFile(string file)
    {
        try
        {
            VerificationKey.FromPem(File.ReadAllText(file));
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return $"'{file}' cannot be read";
        }
        catch (FormatException)
        {
            return $"'{file}' is not a public key in PEM form";
        }
    }
}
