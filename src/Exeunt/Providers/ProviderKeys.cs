using System.Text;
using Exeunt.Hosting;
using Exeunt.Protocol.Jose;
using Microsoft.Extensions.Logging;

namespace Exeunt.Providers;

/// <summary>The keys of one provider. Each has its own: a <c>kid</c> is never looked up among another issuer's keys (JOSE-8).</summary>
internal abstract class ProviderKeys
{
    /// <summary>The keys as they are known now; null when none have been had yet.</summary>
    public abstract ValueTask<JwkSet?> CurrentAsync();

    /// <summary>Newer keys than these, which lack the key of a token; null when there are none, or it is too early to ask again.</summary>
    public abstract ValueTask<JwkSet?> NewerThanAsync(JwkSet known);

    /// <summary>The keys as the settings tell.</summary>
    /// <exception cref="FormatException">A file or secret holds no key that can be used.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static ProviderKeys Of(ProviderOptions provider, HttpClient http, TimeProvider clock, ILogger log)
    {
        if (provider.Secret is { Length: > 0 } secret) return new Fixed(VerificationKey.FromSecret(Encoding.UTF8.GetBytes(secret)));
        if (provider.PublicKeyFile is { Length: > 0 } file) return new Fixed(VerificationKey.FromPem(File.ReadAllText(file)));

        return new FetchedKeys(provider.Name!, new(provider.JwksUri!), http, clock, log);
    }

    private sealed class Fixed(VerificationKey key) : ProviderKeys
    {
        private readonly JwkSet keys = new(key);

        public override ValueTask<JwkSet?> CurrentAsync() => new(keys);

        public override ValueTask<JwkSet?> NewerThanAsync(JwkSet known) => new((JwkSet?)null);
    }
}
