using System.Net.WebSockets;
using System.Text;
using Exeunt.Guard;
using Exeunt.Guard.Connections;
using Exeunt.Tests.Feed;
using Exeunt.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;

namespace Exeunt.Tests.Guard;

/// <summary>Connections over real sockets that are open when their session ends.</summary>
public sealed class LiveConnectionTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task P3_A_WebSocket_an_event_stream_a_hub_and_a_long_poll_are_cut_when_another_device_ends_their_session()
    {
        await using var server = await ExeuntApp.StartAsync();
        await using var api = await StartAsync(server);
        var (ada, phone) = (await server.SignUpAsync("ada@example.com"), await server.SignInAsync("ada@example.com"));
        using var socket = await OpenSocketAsync(api, "socket", ada.AccessToken);
        using var other = await OpenSocketAsync(api, "socket", phone.AccessToken);
        using var hub = await OpenSocketAsync(api, "hub", ada.AccessToken);
        await SendAsync(hub, "{\"protocol\":\"json\",\"version\":1}\u001e");
        Assert.Equal("{}\u001e", await ReceiveAsync(hub));
        using var events = await StreamAsync(api, "events", ada.AccessToken);
        using var poll = await StreamAsync(api, "poll", ada.AccessToken);
        Assert.Equal(5, Live(api).Count);

        using var ended = await server.Client(phone.AccessToken).DeleteAsync($"api/v1/sessions/{ada.Session}");
        await ended.JsonAsync(200);

        await CutAsync(() => ReceiveAsync(socket));
        await CutAsync(() => ReceiveAsync(hub));
        await CutAsync(() => ReadToEndAsync(events));
        await CutAsync(() => ReadToEndAsync(poll));
        await SendAsync(other, "still here");
        Assert.Equal("still here", await ReceiveAsync(other));
        await api.UntilAsync(() => Live(api).Count == 1);
    }

    [Theory]
    [InlineData(false), InlineData(true)]
    public async Task P3_A_connection_is_cut_when_its_token_expires_unless_a_newer_one_of_its_session_was_handed_in(bool isRenewed)
    {
        await using var server = await ExeuntApp.StartAsync(("Tokens:Lifetime", "10m"));
        await using var api = await StartAsync(server);
        var ada = await server.SignUpAsync("ada@example.com");
        var (elsewhere, bob) = (await server.SignInAsync("ada@example.com"), await server.SignUpAsync("bob@example.com"));
        using var socket = await OpenSocketAsync(api, "socket", ada.AccessToken);
        server.Clock.Advance(TimeSpan.FromMinutes(8));
        await api.SyncedAsync();

        foreach (var wrong in new[] { elsewhere.AccessToken, bob.AccessToken, "nonsense" })
        {
            await SendAsync(socket, "renew " + wrong);
            Assert.Equal("False", await ReceiveAsync(socket));
        }

        if (isRenewed)
        {
            var refreshed = SignedIn.Of(await (await server.Client().PostAsync("api/v1/auth/refresh", new { refresh_token = ada.RefreshToken })).JsonAsync(200));
            await SendAsync(socket, "renew " + refreshed.AccessToken);
            Assert.Equal("True", await ReceiveAsync(socket));
        }

        server.Clock.Advance(TimeSpan.FromMinutes(3));
        if (!isRenewed)
        {
            await CutAsync(() => ReceiveAsync(socket));
            return;
        }

        Live(api).EndExpired();
        await SendAsync(socket, "still here");
        Assert.Equal("still here", await ReceiveAsync(socket));
        server.Clock.Advance(TimeSpan.FromMinutes(8));
        await CutAsync(() => ReceiveAsync(socket));
    }

    [Fact]
    public async Task P3_An_event_stream_a_hub_and_a_long_poll_are_cut_when_their_token_expires()
    {
        await using var server = await ExeuntApp.StartAsync(("Tokens:Lifetime", "10m"));
        await using var api = await StartAsync(server);
        var ada = await server.SignUpAsync("ada@example.com");
        using var hub = await OpenSocketAsync(api, "hub", ada.AccessToken);
        await SendAsync(hub, "{\"protocol\":\"json\",\"version\":1}\u001e");
        Assert.Equal("{}\u001e", await ReceiveAsync(hub));
        using var events = await StreamAsync(api, "events", ada.AccessToken);
        using var poll = await StreamAsync(api, "poll", ada.AccessToken);
        server.Clock.Advance(TimeSpan.FromMinutes(9));
        Live(api).EndExpired();
        Assert.Equal(3, Live(api).Count);

        server.Clock.Advance(TimeSpan.FromMinutes(2));

        await CutAsync(() => ReceiveAsync(hub));
        await CutAsync(() => ReadToEndAsync(events));
        await CutAsync(() => ReadToEndAsync(poll));
    }

    [Theory]
    [InlineData(false), InlineData(true)]
    public async Task P3_Behind_another_scheme_connections_are_cut_when_their_session_ends_or_what_it_signed_in_with_expires(bool expires)
    {
        await using var server = await ExeuntApp.StartAsync();
        await using var api = await GuardApp.StartAsync(
            await FeedReader.AddClientAsync(server), server.Clock, o => o.Servers.Add(server.Address), cookies: true, endpoints: MapLive);
        await api.SyncedAsync();
        var (ada, bob) = (await server.SignUpAsync("ada@example.com"), await server.SignUpAsync("bob@example.com"));
        var cookie = await GuardTests.SignInAsync(api, $"sub={ada.User}&sid={ada.Session}&exp={server.Clock.GetUtcNow().AddMinutes(10).ToUnixTimeSeconds()}");
        var others = await GuardTests.SignInAsync(api, $"sub={bob.User}&sid={bob.Session}");
        using var socket = await OpenSocketAsync(api, "socket", ("Cookie", cookie));
        using var other = await OpenSocketAsync(api, "socket", ("Cookie", others));
        using var poll = await StreamAsync(api, "poll", ("Cookie", cookie));
        Assert.Equal(3, Live(api).Count);

        if (expires) server.Clock.Advance(TimeSpan.FromMinutes(11));
        else await FeedTests.LogOutAsync(server, ada);

        await CutAsync(() => ReceiveAsync(socket));
        await CutAsync(() => ReadToEndAsync(poll));
        await SendAsync(other, "still here");
        Assert.Equal("still here", await ReceiveAsync(other));
    }

    [Fact]
    public async Task Beyond_the_limit_no_connection_is_opened_and_requests_that_do_not_last_go_on()
    {
        await using var server = await ExeuntApp.StartAsync();
        await using var api = await StartAsync(server, o => o.MostConnections = 1);
        var ada = await server.SignUpAsync("ada@example.com");
        using (await OpenSocketAsync(api, "socket", ada.AccessToken))
        {
            Assert.Equal(503, await api.StatusAsync(ada.AccessToken, "poll"));
            Assert.Equal(200, await api.StatusAsync(ada.AccessToken));
        }

        await api.UntilAsync(() => Live(api).Count == 0);
        using var again = await OpenSocketAsync(api, "socket", ada.AccessToken);
    }

    [Fact]
    public async Task Looking_at_the_connections_allocates_nothing_for_each_of_them()
    {
        await using var server = await ExeuntApp.StartAsync();
        await using var api = await StartAsync(server);
        var ada = await server.SignUpAsync("ada@example.com");
        using var open = await OpenSocketAsync(api, "socket", ada.AccessToken);
        var live = Live(api);
        var facts = Endings.Own(Endings.SessionAt(Endings.Noon));
        for (var i = 0; i < 1000; i++) Assert.True(live.TryEnter(new DefaultHttpContext(), facts, null, null));
        live.Ring();
        live.EndRevoked();

        live.Ring();
        var before = GC.GetAllocatedBytesForCurrentThread();
        live.EndRevoked();
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.True(allocated < 1000, $"{allocated} bytes for 1000 connections");
    }

    private static LiveConnections Live(GuardApp api) => api.Services.GetRequiredService<LiveConnections>();

    private static async Task<GuardApp> StartAsync(ExeuntApp server, Action<GuardOptions>? more = null)
    {
        var api = await GuardApp.StartAsync(
            await FeedReader.AddClientAsync(server), server.Clock,
            o =>
            {
                o.Servers.Add(server.Address);
                more?.Invoke(o);
            },
            endpoints: MapLive);
        await api.SyncedAsync();
        return api;
    }

    private static void MapLive(WebApplication app)
    {
        app.UseWebSockets();
        app.MapHub<SilentHub>("/hub").RequireAuthorization();
        app.Map("/socket", async (HttpContext http) =>
        {
            using var socket = await http.WebSockets.AcceptWebSocketAsync();
            var connection = http.Features.Get<GuardedConnection>()!;
            while (await ReceiveAsync(socket) is { } text)
                await SendAsync(socket, text.StartsWith("renew ", StringComparison.Ordinal) ? $"{await connection.TryRenewAsync(text["renew ".Length..])}" : text);
        }).RequireAuthorization();
        app.MapGet("/events", async (HttpContext http) =>
        {
            http.Response.ContentType = "text/event-stream";
            await http.Response.WriteAsync("data: hello\n\n");
            await http.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, http.RequestAborted);
        }).RequireAuthorization();
        app.MapGet("/poll", async (HttpContext http) =>
        {
            await http.Response.StartAsync();
            await http.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, http.RequestAborted);
        }).RequireAuthorization().EndWithSession();
    }

    private static Task<ClientWebSocket> OpenSocketAsync(GuardApp api, string path, string token) => OpenSocketAsync(api, path, ("Authorization", $"Bearer {token}"));

    private static async Task<ClientWebSocket> OpenSocketAsync(GuardApp api, string path, (string Name, string Value) header)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader(header.Name, header.Value);
        await socket.ConnectAsync(new UriBuilder(api.Address) { Scheme = "ws", Path = path }.Uri, CancellationToken.None).WaitAsync(Patience);
        return socket;
    }

    private static Task<HttpResponseMessage> StreamAsync(GuardApp api, string path, string token) => StreamAsync(api, path, ("Authorization", $"Bearer {token}"));

    private static async Task<HttpResponseMessage> StreamAsync(GuardApp api, string path, (string Name, string Value) header)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(api.Address, path));
        request.Headers.TryAddWithoutValidation(header.Name, header.Value);
        request.Headers.Accept.Add(new("text/event-stream"));
        var client = new HttpClient(new SocketsHttpHandler { UseCookies = false }); // its connection is what is watched
        var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(200, (int)response.StatusCode);
        return response;
    }

    private static async Task<string?> ReadToEndAsync(HttpResponseMessage response) => await response.Content.ReadAsStringAsync();

    private static Task SendAsync(WebSocket socket, string text) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);

    private static async Task<string?> ReceiveAsync(WebSocket socket)
    {
        var buffer = new byte[8192];
        var received = await socket.ReceiveAsync(new ArraySegment<byte>(buffer), CancellationToken.None);
        return received.MessageType is WebSocketMessageType.Close ? null : Encoding.UTF8.GetString(buffer, 0, received.Count);
    }

    // Cut, not closed: an answer that ended in good order, or went on, is a failure. What a hub sends to keep alive may come before.
    private static async Task CutAsync(Func<Task<string?>> read)
    {
        async Task ReadOnAsync()
        {
            while (await read() is { } text) Assert.Equal("{\"type\":6}\u001e", text);
        }

        var failure = await Record.ExceptionAsync(() => ReadOnAsync().WaitAsync(Patience));
        Assert.True(failure is WebSocketException or HttpRequestException or IOException, $"{failure}");
    }

    private sealed class SilentHub : Hub;
}
