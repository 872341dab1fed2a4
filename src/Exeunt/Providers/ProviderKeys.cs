using System.Text;
using Exeunt.Guard.Tokens;
using Exeunt.Hosting;
using Exeunt.Protocol.Jose;
using Microsoft.Extensions.Logging;

namespace Exeunt.Providers;

/// <summary>The keys of a provider, wherever the settings say that they are.</summary>
internal static class ProviderKeys
{
    /// <summary>The keys as the settings tell.</summary>
    /// <exception cref="FormatException">A file or secret holds no key that can be used.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static IssuerKeys Of(ProviderOptions provider, HttpClient http, TimeProvider clock, ILogger log)
    {
        if (provider.Secret is { Length: > 0 } secret) return Fixed(VerificationKey.FromSecret(Encoding.UTF8.GetBytes(secret)));
        if (provider.PublicKeyFile is { Length: > 0 } file) return Fixed(VerificationKey.FromPem(File.ReadAllText(file)));

        return new FetchedKeys(provider.Name!, [new(provider.JwksUri!)], http, clock, log);
    }

    private static KeysAtHand Fixed(VerificationKey key)
    {
        var keys = new JwkSet(key);
        return new(() => keys);
    }
}
