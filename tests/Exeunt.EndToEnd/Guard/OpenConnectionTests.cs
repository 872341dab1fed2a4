using System.Net;
using System.Net.WebSockets;
using System.Text;
using Exeunt.EndToEnd.Interop;
using Exeunt.EndToEnd.OtherStacks;

namespace Exeunt.EndToEnd.Guard;

/// <summary>Connections to the sample, a process of its own, that are open when another device ends their session.</summary>
[TakesLong(seconds: 30)]
public sealed class OpenConnectionTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private ProtectedSample sample = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => sample = await ProtectedSample.StartAsync("protected-api", "feed");

    public ValueTask DisposeAsync() => sample.DisposeAsync();

    /// <summary>The client is Microsoft's own, from npm. It reports when it was connected, and when and how that ended.</summary>
    [Theory]
    [InlineData("WebSockets"), InlineData("ServerSentEvents"), InlineData("LongPolling")]
    public async Task P3_a_SignalR_client_loses_its_connection_when_another_device_ends_its_session(string transport)
    {
        var (own, other) = (await sample.SignUpAsync(), await sample.SignInAgainAsync());

        using var answer = await NodeProcess.AskAsync("signalr.mjs", "hub", new
        {
            hub = new Uri(sample.Api.Address, "hub").ToString(),
            transport,
            access = own.Access,
            other = other.Access,
            end = new Uri(sample.Server.Address, $"api/v1/sessions/{own.Id}").ToString(),
        }, Ct);

        var seen = answer.RootElement;
        Assert.Equal(("hello", 200), (seen.GetProperty("heard").GetString(), seen.GetProperty("ended").GetInt32()));
        Assert.True(seen.GetProperty("closed").GetBoolean() && seen.GetProperty("otherIsOpen").GetBoolean(), seen.GetRawText());
        Assert.Equal(401, seen.GetProperty("again").GetInt32());
    }

    [Fact]
    public async Task P3_a_raw_WebSocket_loses_its_connection_when_another_device_ends_its_session()
    {
        var (own, other) = (await sample.SignUpAsync(), await sample.SignInAgainAsync());
        using var socket = await OpenSocketAsync(own.Access);
        using var theirs = await OpenSocketAsync(other.Access);
        Assert.Equal("hello", await EchoAsync(socket));

        await sample.EndAsync(HttpMethod.Delete, $"api/v1/sessions/{own.Id}", other.Access);

        await Assert.ThrowsAsync<WebSocketException>(() => socket.ReceiveAsync(new ArraySegment<byte>(new byte[64]), Ct).WaitAsync(Patience, Ct)); // cut, not closed
        Assert.Equal("hello", await EchoAsync(theirs));
    }

    [Fact]
    public async Task P3_an_SSE_reader_loses_its_connection_when_another_device_ends_its_session()
    {
        var (own, other) = (await sample.SignUpAsync(), await sample.SignInAgainAsync());
        using var reader = await OpenEventsAsync(own.Access);
        using var theirs = await OpenEventsAsync(other.Access);

        await sample.EndAsync(HttpMethod.Delete, $"api/v1/sessions/{own.Id}", other.Access);

        using var giveUp = new CancellationTokenSource(Patience);
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            while (await reader.ReadLineAsync(giveUp.Token) is not null) // what was on its way; an end in good order would be no exception
            {
            }
        });
        for (var lines = 0; lines < 4; lines++) Assert.NotNull(await theirs.ReadLineAsync(giveUp.Token));
    }

    private async Task<ClientWebSocket> OpenSocketAsync(string token)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", $"Bearer {token}");
        await socket.ConnectAsync(new UriBuilder(sample.Api.Address) { Scheme = "ws", Path = "socket" }.Uri, Ct).WaitAsync(Patience, Ct);
        return socket;
    }

    private static async Task<string> EchoAsync(ClientWebSocket socket)
    {
        await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, Ct);
        var buffer = new byte[64];
        var received = await socket.ReceiveAsync(new ArraySegment<byte>(buffer), Ct).WaitAsync(Patience, Ct);
        return Encoding.UTF8.GetString(buffer, 0, received.Count);
    }

    private async Task<StreamReader> OpenEventsAsync(string token)
    {
        var client = sample.Api.Client(); // its connection is what is watched
        client.DefaultRequestHeaders.Authorization = new("Bearer", token);
        var response = await client.GetAsync("events", HttpCompletionOption.ResponseHeadersRead, Ct);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Ct));
        Assert.Equal("data: tick 0", await reader.ReadLineAsync(Ct).AsTask().WaitAsync(Patience, Ct));
        return reader;
    }
}
