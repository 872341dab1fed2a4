using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Exeunt.Guard.Feed;

/// <summary>The connections to the server's addresses, with the guard's credentials.</summary>
internal sealed class ServerConnections : IDisposable
{
    private readonly HttpClient http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false, // credentials go where they were meant to
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(3),
        MaxResponseHeadersLength = 16, // KiB
        PooledConnectionLifetime = TimeSpan.FromMinutes(5), // a new address behind the name is noticed
    })
    {
        Timeout = Timeout.InfiniteTimeSpan, // a stream has no end; whoever asks for less brings a limit of its own
        MaxResponseContentBufferSize = 64 * 1024,
    };

    private readonly AuthenticationHeaderValue credentials;

    public ServerConnections(GuardOptions options) =>
        credentials = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{options.ClientId}:{options.ClientSecret}")));

    /// <summary>Sends a request with the guard's credentials and completes when the head of the answer is there.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken ct)
    {
        request.Headers.Authorization = credentials;
        return http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
    }

    public void Dispose() => http.Dispose();
}
