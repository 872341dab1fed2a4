using System.Net;
using Exeunt.Protocol.Jose;
using Microsoft.Extensions.Logging;

namespace Exeunt.Providers;

/// <summary>
/// Keys that the provider publishes at an address. They are fetched when they are first needed, again in the background when they are old, and at once, but at
/// most once a minute, when a token names a key that is not among them. When the provider cannot be reached, the keys that are here go on serving.
/// </summary>
internal sealed partial class FetchedKeys(string provider, Uri address, HttpClient http, TimeProvider clock, ILogger log) : ProviderKeys
{
    private static readonly TimeSpan Old = TimeSpan.FromMinutes(5); // a key that the provider withdraws stops counting this long afterwards
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan PauseWithoutKeys = TimeSpan.FromSeconds(5);

    private readonly Lock gate = new();
    private volatile JwkSet? keys;
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
        if (keys is null) await FetchAsync(PauseWithoutKeys);
        else if (Age() > Old) _ = FetchAsync(Pause); // its failure is logged, and nobody waits for it
        return keys;
    }

    public override async ValueTask<JwkSet?> NewerThanAsync(JwkSet known)
    {
        if (ReferenceEquals(keys, known)) await FetchAsync(Pause);
        return ReferenceEquals(keys, known) ? null : keys;
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
        try
        {
            using var response = await http.GetAsync(address);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                NotFetched(log, provider, $"the answer was {(int)response.StatusCode}", null);
                return;
            }

            if (!JwkSet.TryParse(await response.Content.ReadAsByteArrayAsync(), out var set, out var why))
            {
                NotFetched(log, provider, why, null);
                return;
            }

            keys = set;
            Fetched(log, provider, set.Keys.Count, set.Ignored.Count);
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException or IOException)
        {
            NotFetched(log, provider, "it could not be reached", failure);
        }
    }

    [LoggerMessage(1601, LogLevel.Information, "Fetched {Usable} keys of provider {Provider}; {Ignored} others are of no use here")]
    private static partial void Fetched(ILogger log, string provider, int usable, int ignored);

    [LoggerMessage(1602, LogLevel.Warning, "The keys of provider {Provider} could not be fetched: {Why}. Those that are known stay in use")]
    private static partial void NotFetched(ILogger log, string provider, string why, Exception? failure);
}
