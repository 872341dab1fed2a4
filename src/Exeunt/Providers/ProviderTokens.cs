using System.Diagnostics;
using Exeunt.Guard.Tokens;
using Exeunt.Hosting;
using Exeunt.Protocol.Jose;
using Microsoft.Extensions.Logging;

namespace Exeunt.Providers;

/// <summary>Verifies the tokens of outside issuers, each with its own rules and its own keys.</summary>
internal sealed class ProviderTokens : IDisposable
{
    private readonly HttpClient? http; // none without providers: its library is more than a mebibyte of an idle server
    private readonly Dictionary<string, Provider> byIssuer = new(StringComparer.Ordinal);

    public ProviderTokens(ExeuntOptions options, TimeProvider clock, ILogger<ProviderTokens> log)
    {
        if (options.Providers.Count > 0) http = Follow(options.Providers, clock, log);
    }

    /// <summary>Whether this is an issuer of tokens that are verified here.</summary>
    public bool Knows(string? issuer) => issuer is not null && byIssuer.ContainsKey(issuer);

    /// <summary>Verifies a token that says to be from this issuer. It may wait for the provider's keys, within bounds.</summary>
    public async ValueTask<OutsideVerdict> VerifyAsync(string issuer, ReadOnlyMemory<char> token, DateTimeOffset now)
    {
        var provider = byIssuer[issuer];
        if (await provider.Keys.CurrentAsync() is not { } keys) return new OutsideVerdict.NoKeys();

        var verdict = provider.Rules.Verify(token.Span, keys, now);
        if (verdict is JwtVerdict.Rejected(JwtRejection.UnknownKey, _) && await provider.Keys.NewerThanAsync(keys) is { } newer)
            verdict = provider.Rules.Verify(token.Span, newer, now);

        return verdict switch
        {
            JwtVerdict.Valid(var claims, var key) => Read(claims, key, static read => new OutsideVerdict.Valid(read)),
            JwtVerdict.Expired(var claims, var key) => Read(claims, key, static read => new OutsideVerdict.Expired(read)),
            JwtVerdict.Rejected(_, var detail) => new OutsideVerdict.Rejected(detail),
            _ => throw new UnreachableException(),
        };

        OutsideVerdict Read(JwtClaims claims, VerificationKey key, Func<OutsideToken, OutsideVerdict> accept)
        {
            var (read, whyNot) = provider.Rules.Read(claims, key);
            return read is null ? new OutsideVerdict.Rejected(whyNot!) : accept(read);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => http?.Dispose();

    private HttpClient Follow(IEnumerable<ProviderOptions> providers, TimeProvider clock, ILogger log)
    {
        var client = FetchedKeys.CreateClient();
        foreach (var provider in providers) byIssuer.Add(provider.Issuer!, new(new(provider), ProviderKeys.Of(provider, client, clock, log)));
        return client;
    }

    private sealed record Provider(ProviderRules Rules, IssuerKeys Keys);
}
