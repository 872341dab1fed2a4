using System.Text;
using Exeunt.Guard;
using Exeunt.Protocol.Feed;
using Exeunt.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Exeunt.Tests.Guard;

/// <summary>Servers that are none of ours, over a real socket: the guard leaves them, stays alive, and never feels fresh.</summary>
public sealed class HostileFeedTests
{
    private static readonly (string, string) Client = ("app_" + "01jq3f3zg2e4p8xkq7v5c9d2ab", "exs_secret");

    private const long UnpackedMegabytes = 256;

    private const long MostTaken = 64L << 20; // the guard's limit of one event, and what sockets and buffers on the way hold

    [Theory]
    [InlineData("garbage"), InlineData("truncated"), InlineData("wrong-type"), InlineData("redirect"), InlineData("bomb")]
    public async Task A_guard_leaves_a_feed_that_is_none_and_does_not_become_fresh(string kind)
    {
        await using var server = await FakeServer.StartAsync(http => AnswerAsync(http, kind));
        await using var guard = await GuardApp.StartAsync(Client, TimeProvider.System, o => o.Servers.Add(server.Address));

        await guard.UntilAsync(() => server.Asked >= 2); // it came back, so it is alive

        Assert.Equal(TimeSpan.MaxValue, guard.Guard.Age);
        Assert.Equal(0, guard.Index.Count);
        Assert.DoesNotContain(guard.Log.All, line => line.StartsWith("Critical", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("a line")]
    [InlineData("an event of many lines\n")]
    public async Task A_guard_leaves_a_feed_without_end_before_it_has_taken_much(string what)
    {
        await using var server = new EndlessServer("text/event-stream", "data: " + string.Concat(Enumerable.Repeat(what, 1000)));
        await using var guard = await GuardApp.StartAsync(Client, TimeProvider.System, o => o.Servers.Add(server.Address));

        await guard.UntilAsync(() => server.Asked >= 2);

        Assert.InRange(server.MostTaken, 1, MostTaken);
        Assert.Equal(TimeSpan.MaxValue, guard.Guard.Age);
        Assert.DoesNotContain(guard.Log.All, line => line.StartsWith("Critical", StringComparison.Ordinal));
    }

    [Fact]
    public void A_snapshot_that_unpacks_to_more_than_it_may_hold_is_left_before_it_is_unpacked()
    {
        var data = Encoding.ASCII.GetBytes($"{{\"part\":1,\"last\":true,\"count\":1,\"lines\":\"{Bomb()}\"}}");
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.False(SnapshotPart.TryRead(data, out _));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, UnpackedMegabytes << 20);
    }

    private static async Task AnswerAsync(HttpContext http, string kind)
    {
        http.Response.ContentType = kind == "wrong-type" ? "text/html" : "text/event-stream";
        switch (kind)
        {
            case "garbage":
                var bytes = new byte[100_000];
                new Random(7).NextBytes(bytes);
                await http.Response.Body.WriteAsync(bytes);
                await http.Response.WriteAsync("\n\nevent: revocation\nid: e:1\ndata: {\"scope\":\n\n");
                return;
            case "truncated":
                await http.Response.WriteAsync("event: snapshot\nid: e:1\ndata: {\"part\":1,\"last\":true,\"count\":1,\"lines\":\"H4sI\"}");
                return;
            case "redirect":
                http.Response.Redirect("http://127.0.0.1:9/", permanent: false);
                return;
            case "bomb":
                await http.Response.WriteAsync($"event: snapshot\nid: e:1\ndata: {{\"part\":1,\"last\":true,\"count\":1,\"lines\":\"{Bomb()}\"}}\n\n");
                return;
            default:
                await http.Response.WriteAsync("<html></html>");
                return;
        }
    }

    private static string Bomb()
    {
        using var packed = new MemoryStream();
        using (var gzip = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.SmallestSize, leaveOpen: true))
        {
            var zeros = new byte[1024 * 1024];
            for (var i = 0; i < UnpackedMegabytes; i++) gzip.Write(zeros);
        }

        return Convert.ToBase64String(packed.ToArray());
    }

    private sealed class FakeServer(WebApplication app) : IAsyncDisposable
    {
        private int asked;

        public int Asked => Volatile.Read(ref asked);

        public Uri Address { get; private set; } = null!;

        public static async Task<FakeServer> StartAsync(Func<HttpContext, Task> answer)
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            var server = new FakeServer(builder.Build());
            server.App.Run(http =>
            {
                Interlocked.Increment(ref server.asked);
                return answer(http);
            });
            await server.App.StartAsync();
            server.Address = new(server.App.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First() + "/");
            return server;
        }

        private WebApplication App => app;

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}
