using System.Net;
using Exeunt.Protocol.Jose;
using Microsoft.Extensions.Logging;

namespace Exeunt.Guard.Tokens;

/// <summary>
/// Keys that an issuer publishes, at one address or at several that are tried in turn. They are fetched when they are first needed, again in the background
/// when they are old, and at once, but at most once a minute, when a token names a key that is not among them. When the issuer cannot be reached, the keys
/// that are here go on serving.
/// </summary>
internal sealed partial class FetchedKeys(string provider, IReadOnlyList<Uri> addresses, HttpClient http, TimeProvider clock, ILogger log) : IssuerKeys
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan PauseWithoutKeys = TimeSpan.FromSeconds(5);

    private readonly Lock gate = new();
    private volatile Known? known;
    private Task? fetching;
    private long? askedAt;

    /// <summary>A client that is fit for fetching keys: bounded in time and size, following no redirect, unpacking nothing.</summary>
    public static HttpClient CreateClient() => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(3),
        MaxResponseHeadersLength = 16, // KiB
        PooledConnectionLifetime = TimeSpan.FromMinutes(5), // a new address of the provider is noticed
    })
    {
        Timeout = TimeSpan.FromSeconds(5),
        MaxResponseContentBufferSize = 256 * 1024,
    };

    public override async ValueTask<JwkSet?> CurrentAsync()
    {
        if (known is null) await FetchAsync(PauseWithoutKeys);
        else if (Age() > LongestTrust) _ = FetchAsync(Pause); // its failure is logged, and nobody waits for it
        return known?.Keys;
    }

    public override async ValueTask<JwkSet?> NewerThanAsync(JwkSet known)
    {
        if (ReferenceEquals(this.known?.Keys, known)) await FetchAsync(Pause);
        return ReferenceEquals(this.known?.Keys, known) ? null : this.known?.Keys;
    }

    /// <summary>The newest set as it was received, to be kept; null while none was.</summary>
    public byte[]? Document => known?.Document;

    /// <summary>Starts with a set that was kept, until one can be fetched. One that cannot be read is left alone.</summary>
    public void Remember(byte[] document)
    {
        if (JwkSet.TryParse(document, out var set, out _)) known ??= new(set, document);
    }

    private TimeSpan Age()
    {
        lock (gate) return askedAt is { } at ? clock.GetElapsedTime(at) : TimeSpan.MaxValue;
    }

    // Everybody who needs the keys waits for the same fetch.
    private Task FetchAsync(TimeSpan pause)
    {
        lock (gate)
        {
            if (fetching is { IsCompleted: false }) return fetching;
            if (askedAt is { } at && clock.GetElapsedTime(at) < pause) return Task.CompletedTask;
            askedAt = clock.GetTimestamp();
            return fetching = Task.Run(FetchOnceAsync);
        }
    }

    private async Task FetchOnceAsync()
    {
        foreach (var address in addresses)
        {
            if (await TryFetchAsync(address)) return;
        }
    }

    private async Task<bool> TryFetchAsync(Uri address)
    {
        try
        {
            using var response = await http.GetAsync(address);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                NotFetched(log, provider, $"the answer was {(int)response.StatusCode}", null);
                return false;
            }

            var document = await response.Content.ReadAsByteArrayAsync();
            if (!JwkSet.TryParse(document, out var set, out var why))
            {
                NotFetched(log, provider, why, null);
                return false;
            }

            known = new(set, document);
            Fetched(log, provider, set.Keys.Count, set.Ignored.Count);
            return true;
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException or IOException)
        {
            NotFetched(log, provider, "it could not be reached", failure);
            return false;
        }
    }

    [LoggerMessage(1601, LogLevel.Information, "Fetched {Usable} keys of provider {Provider}; {Ignored} others are of no use here")]
    private static partial void Fetched(ILogger log, string provider, int usable, int ignored);

    [LoggerMessage(1602, LogLevel.Warning, "The keys of provider {Provider} could not be fetched: {Why}. Those that are known stay in use")]
    private static partial void NotFetched(ILogger log, string provider, string why, Exception? failure);

    private sealed record Known(JwkSet Keys, byte[] Document);
}
