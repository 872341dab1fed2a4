using System.Net;
using System.Net.Sockets;
using Exeunt.EndToEnd.Commands;
using Exeunt.EndToEnd.Support;

namespace Exeunt.EndToEnd.Durability;

/// <summary>More connections than the process may have files open: strangers cannot end the server by holding them, and it serves again when they are gone.</summary>
public sealed class ManyConnectionsTests
{
    private const string Ada = "ada@example.com";
    private const string Password = "purple-otter-lantern-41";

    [Fact]
    public async Task P2_more_connections_than_there_are_files_do_not_end_the_server()
    {
        using var folder = new TemporaryFolder();
        await using var server = await ExeuntProcess.ServeAsync(
            folder.Path, openFiles: 450, new Dictionary<string, string?> { ["EXEUNT_ADMIN_EMAIL"] = Ada, ["EXEUNT_ADMIN_PASSWORD"] = Password });
        var held = new List<Socket>();
        try
        {
            for (var i = 0; i < 600; i++)
            {
                held.Add(new(SocketType.Stream, ProtocolType.Tcp));
                await held[^1].ConnectAsync(IPAddress.Loopback, server.Address.Port);
            }

            // Those that are too many are closed at once; the last one was.
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            Assert.Equal(0, await held[^1].ReceiveAsync(new byte[1], patience.Token));
        }
        finally
        {
            held.ForEach(socket => socket.Dispose());
        }

        Assert.False(server.HasExited);
        var session = await Requests.SignInAsync(server, Ada, Password);
        await Requests.LogoutAsync(server, session.Refresh);
        Assert.Equal(HttpStatusCode.Unauthorized, await Requests.MeAsync(server, session.Access));
    }
    [Fact]
    public async Task P2_browsers_that_wait_for_endings_take_half_of_the_connections_and_leave_the_rest_to_those_who_want_to_log_out()
    {
        using var folder = new TemporaryFolder();
        await using var server = await ExeuntProcess.ServeAsync(folder.Path, openFiles: 450, new Dictionary<string, string?>
        {
            ["EXEUNT_ADMIN_EMAIL"] = Ada,
            ["EXEUNT_ADMIN_PASSWORD"] = Password,
            ["Exeunt__Limits__EventStreamsPerSession"] = "1000",
        });
        var session = await Requests.SignInAsync(server, Ada, Password);
        using var browser = server.Client();
        browser.DefaultRequestHeaders.Authorization = new("Bearer", session.Access);
        var streams = new List<HttpResponseMessage>();
        try
        {
            do streams.Add(await browser.GetAsync("api/v1/sessions/current/events", HttpCompletionOption.ResponseHeadersRead));
            while (streams[^1].IsSuccessStatusCode && streams.Count <= 150);

            // 450 files, less 300 for the database and other things, are 150 connections.
            Assert.Equal((75 + 1, HttpStatusCode.TooManyRequests), (streams.Count, streams[^1].StatusCode));
            Assert.NotNull(streams[^1].Headers.RetryAfter?.Delta);
            await Requests.LogoutAsync(server, session.Refresh);
            foreach (var stream in streams[..^1]) Assert.EndsWith("event: ended\ndata: {\"reason\":\"user\"}\n\n", await stream.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
        finally
        {
            streams.ForEach(stream => stream.Dispose());
        }
    }
}
