using System.Net;
using System.Net.Sockets;
using System.Text;
using Exeunt.Audit;
using Exeunt.Clients;
using Exeunt.Feed;
using Exeunt.Http;
using Exeunt.Protocol.Feed;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Exeunt.Tests.Feed;

/// <summary>Who may follow the feed, how many, and what becomes of those who do not keep up.</summary>
public sealed class FeedAccessTests
{
    [Fact]
    public async Task Only_a_client_with_its_secret_and_the_scope_may_follow()
    {
        await using var app = await ExeuntApp.StartAsync();
        var (good, idle) = (await FeedReader.AddClientAsync(app), await FeedReader.AddClientAsync(app, "idle", []));

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(good));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync((good.Id, idle.Secret)));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync((good.Id, "")));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync((Id.New<AppId>(app.Clock.GetUtcNow()).ToString(), good.Secret)));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(idle));
        using var bare = await app.Client().GetAsync(FeedEvents.StreamPath);
        Assert.Equal((HttpStatusCode.Unauthorized, "Basic"), (bare.StatusCode, bare.Headers.WwwAuthenticate.Single().Scheme));

        async Task<HttpStatusCode> StatusAsync((string, string) credentials)
        {
            using var response = await FeedReader.AskAsync(app, credentials);
            return response.StatusCode;
        }
    }

    [Fact]
    public async Task P7_The_secret_of_a_client_is_nowhere_in_the_database()
    {
        await using var app = await ExeuntApp.StartAsync();
        var (_, secret) = await FeedReader.AddClientAsync(app);

        var files = Directory.GetFiles(app.DataFolder, "exeunt.db*").Select(Open).ToList();

        Assert.NotEmpty(files);
        Assert.DoesNotContain(files, text => text.Contains(secret, StringComparison.Ordinal) || text.Contains(secret[4..], StringComparison.Ordinal));

        static string Open(string path)
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(file, Encoding.Latin1);
            return reader.ReadToEnd();
        }
    }

    [Fact]
    public async Task The_streams_of_a_removed_client_end_and_it_is_refused()
    {
        await using var app = await ExeuntApp.StartAsync();
        var client = await FeedReader.AddClientAsync(app);
        await using var reader = await FeedReader.OpenAsync(app, client);
        await reader.ReadToAsync(FeedEvents.Heartbeat);
        Assert.True(await app.Services.GetRequiredService<RemoveClient>().HandleAsync(Id.Parse<AppId>(client.Id), Actor.Operator));
        app.Clock.Advance(TimeSpan.FromSeconds(5));

        while (await reader.NextAsync() is not null)
        {
            // What was on its way.
        }

        using var refused = await FeedReader.AskAsync(app, client);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    [Fact]
    public async Task One_client_has_no_more_streams_than_it_may_and_a_place_is_free_again_when_one_leaves()
    {
        await using var app = await ExeuntApp.StartAsync(("Limits:StreamsPerClient", "2"));
        var (client, other) = (await FeedReader.AddClientAsync(app), await FeedReader.AddClientAsync(app, "billing"));
        var guards = app.Services.GetRequiredService<ConnectedGuards>();
        var first = await FeedReader.OpenAsync(app, client);
        await using var second = await FeedReader.OpenAsync(app, client);

        using (var third = await FeedReader.AskAsync(app, client))
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, third.StatusCode);
            Assert.NotNull(third.Headers.RetryAfter);
        }

        await using var elsewhere = await FeedReader.OpenAsync(app, other);
        await first.DisposeAsync();
        while (guards.All.Count > 2) await Task.Yield();
        await using var again = await FeedReader.OpenAsync(app, client);
        Assert.Equal(FeedEvents.Snapshot, (await again.NextAsync())!.Value.EventType);
    }

    [Fact]
    public async Task A_reader_that_does_not_read_is_cut_and_nothing_is_kept_for_it()
    {
        await using var app = await ExeuntApp.StartAsync();
        var client = await FeedReader.AddClientAsync(app);
        var feed = app.Services.GetRequiredService<RevocationFeed>();
        var guards = app.Services.GetRequiredService<ConnectedGuards>();
        using var slow = new TcpClient { ReceiveBufferSize = 4096 };
        await slow.ConnectAsync(app.Address.Host, app.Address.Port);
        await slow.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"GET /{FeedEvents.StreamPath} HTTP/1.1\r\nHost: {app.Address.Authority}\r\nAuthorization: {FeedReader.Basic(client)}\r\n\r\n"));
        while (guards.All.Count == 0) await Task.Yield();

        // Far more than the ring and the sockets hold.
        var now = app.Clock.GetUtcNow();
        var one = new Revocation
        {
            Sequence = 1,
            Epoch = "e",
            Event = Id.New<EventId>(now),
            Scope = RevocationScope.Session,
            Issuer = ExeuntApp.Issuer,
            Key = new string('k', 1000),
            At = now,
            Expires = now.AddHours(1),
            Reason = EndReason.User,
        };
        for (var i = 0; i < 40_000; i++) feed.Announce(one);
        app.Clock.Advance(EventStream.Patience);

        while (guards.All.Count > 0) await Task.Yield();
        Assert.Empty(guards.All);
    }

    [Fact]
    public async Task A_server_that_stops_ends_its_streams_and_does_not_wait_for_them()
    {
        var app = await ExeuntApp.StartAsync();
        await using var reader = await FeedReader.OpenAsync(app, await FeedReader.AddClientAsync(app));
        await reader.ReadToAsync(FeedEvents.Ack);

        await app.DisposeAsync(); // fails after ten seconds

        Assert.Null(await reader.NextAsync());
    }
}
