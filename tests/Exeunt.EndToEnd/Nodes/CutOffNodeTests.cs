using System.Net;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Runtime.Versioning;
using System.Text;
using System.Text.Json;
using Exeunt.EndToEnd.Commands;
using Exeunt.EndToEnd.Support;
using Exeunt.Protocol.Feed;

namespace Exeunt.EndToEnd.Nodes;

/// <summary>One of two real nodes is cut off from PostgreSQL alone: whoever follows it is told that its knowledge ages.</summary>
[UnsupportedOSPlatform("windows")] // signals of Unix
public class CutOffNodeTests
{
    [Fact]
    public async Task P10_the_as_of_of_a_node_that_is_cut_off_from_its_database_stands_still_and_that_of_another_goes_on()
    {
        var server = await PostgresServer.SharedAsync();
        await using var network = new TcpProxy(new($"http://127.0.0.1:{server.Port}/"));
        await using var cluster = await Cluster.StartAsync(server, nodes: 1, OutageSteps.Settings);
        var cutOff = await cluster.AddNodeAsync(network.Address.Port);
        var credentials = await AddClientAsync(cluster);
        await using var here = await HeartbeatsAsync(cutOff, credentials);
        await using var there = await HeartbeatsAsync(cluster.Nodes[0], credentials);
        var (before, other) = (await here.NextAsync(), await there.NextAsync());

        network.Cut();
        var last = await here.NextAsync(); // it may have been read just before
        var (first, second) = (await here.NextAsync(), await here.NextAsync());

        Assert.True(last.AsOf >= before.AsOf);
        Assert.Equal((last.AsOf, last.AsOf), (first.AsOf, second.AsOf));
        Assert.True(second.Time > first.Time);
        Heartbeat later;
        do later = await there.NextAsync();
        while (later.AsOf <= second.AsOf);
        Assert.True(later.AsOf > other.AsOf);

        network.Heal();
        do later = await here.NextAsync();
        while (later.AsOf <= second.AsOf);
    }

    [Fact]
    public async Task P10_the_API_of_a_node_that_is_cut_off_from_its_database_answers_503_beyond_what_is_tolerated_and_that_of_another_goes_on()
    {
        var server = await PostgresServer.SharedAsync();
        await using var network = new TcpProxy(new($"http://127.0.0.1:{server.Port}/"));
        await using var cluster = await Cluster.StartAsync(server, nodes: 1, OutageSteps.Settings);
        var cutOff = await cluster.AddNodeAsync(network.Address.Port, ("Exeunt__Endings__TolerateStale", "00:00:02"));
        var session = await cluster.Nodes[0].SignInAsync();
        await cluster.EverywhereAsync(session, HttpStatusCode.OK);

        network.Cut();
        await cutOff.BecomesAsync(session, HttpStatusCode.ServiceUnavailable);
        Assert.Equal(HttpStatusCode.OK, await Requests.MeAsync(cluster.Nodes[0], session.Access));

        network.Heal();
        await cutOff.BecomesAsync(session, HttpStatusCode.OK);
    }

    private static async Task<AuthenticationHeaderValue> AddClientAsync(Cluster cluster)
    {
        var (exit, said) = await ExeuntProcess.RunAsync(["clients", "add", "orders", "--data", cluster.Data(0), "--json"], cluster.Environment);
        Assert.True(exit == 0, said);
        using var added = JsonDocument.Parse(said);
        var (id, secret) = (added.RootElement.GetProperty("id").GetString(), added.RootElement.GetProperty("secret").GetString());
        return new("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes($"{id}:{secret}")));
    }

    private static async Task<Heartbeats> HeartbeatsAsync(ExeuntProcess node, AuthenticationHeaderValue credentials)
    {
        var client = node.Client();
        client.DefaultRequestHeaders.Authorization = credentials;
        var answer = await client.GetAsync(FeedEvents.StreamPath, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return new(client, SseParser.Create(await answer.Content.ReadAsStreamAsync()).EnumerateAsync().GetAsyncEnumerator());
    }

    private sealed record Heartbeats(HttpClient Client, IAsyncEnumerator<SseItem<string>> Events) : IAsyncDisposable
    {
        public async Task<Heartbeat> NextAsync()
        {
            while (await Events.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60)))
            {
                if (Events.Current.EventType == FeedEvents.Heartbeat && Heartbeat.TryRead(Encoding.UTF8.GetBytes(Events.Current.Data), out var beat)) return beat;
            }

            throw new EndOfStreamException("The stream has ended.");
        }

        public ValueTask DisposeAsync()
        {
            Client.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
