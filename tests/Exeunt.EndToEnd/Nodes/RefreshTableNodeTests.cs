using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using System.Text.Json;
using Exeunt.EndToEnd.Commands;
using Exeunt.EndToEnd.Support;

namespace Exeunt.EndToEnd.Nodes;

/// <summary>
/// What becomes of the current token, its predecessor and any older one, within the window of the last turn and after it: over HTTP on three real nodes, each request
/// to another one, whose own clock is wrong by minutes. Time passes where all of them read it, on the database's clock.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class RefreshTableNodeTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(5); // so long that nothing but the clock that is set leaves it
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private PostgresServer server = null!;
    private Cluster cluster = null!;
    private AuthenticationHeaderValue reader = null!;
    private TimeSpan ahead;

    private static int Rounds => Races.Long ? 20 : 2;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(WrongClock.CanBeHad, "It needs Debian's libfaketime.");
        server = await PostgresServer.StartAsync(hasOwnClock: true);
        cluster = await Cluster.StartAsync(server, nodes: 0, [.. OutageSteps.Settings, ("Exeunt__Journal__Deadline", "00:00:30"), ("Exeunt__Sessions__RotationWindow", $"{Window}")]);
        foreach (var minutes in (int[])[-3, 0, 3]) await cluster.AddNodeAsync(port: null, WrongClock.By(minutes));
        reader = await AddReaderAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (cluster is not null) await cluster.DisposeAsync();
        if (server is not null) await server.DisposeAsync();
    }

    [Fact]
    public async Task RT_8_whatever_comes_late_or_again_is_answered_as_the_table_says_whichever_node_is_asked()
    {
        var random = Races.Seeded(output);
        for (var round = 0; round < Rounds; round++)
        {
            random.Shuffle(CollectionsMarshal.AsSpan(cluster.Nodes));
            var (a, b, c) = (cluster.Nodes[0], cluster.Nodes[1], cluster.Nodes[2]);
            var elsewhere = await SignInAsync(b);
            var first = await SignInAsync(a);

            var second = await TurnsAsync(b, first);
            Assert.Equal(second.Refresh, (await AnswersAsync(c, second)).Refresh); // the current one, within the window
            Assert.Equal(second.Refresh, (await AnswersAsync(a, first)).Refresh); // P6: an answer was lost, and it is asked again at once

            await PassAsync(2 * Window);
            var third = await TurnsAsync(c, first); // P6: an answer was lost, and that is noticed late: the one that nobody has is void
            Assert.NotEqual(second.Refresh, third.Refresh);
            await PassAsync(2 * Window);
            var fourth = await TurnsAsync(a, third); // the current one, late

            await PassAsync(2 * Window);
            await IsTheftAsync(b, second, newest: fourth); // RT-5: a void one, late

            var mine = await SignInAsync(c);
            var turned = await TurnsAsync(a, mine);
            await PassAsync(2 * Window);
            var turnedAgain = await TurnsAsync(b, turned);
            await IsTheftAsync(c, mine, newest: turnedAgain); // RT-5: one that is older than the predecessor, within the window

            await cluster.EverywhereAsync(elsewhere, HttpStatusCode.OK); // the other device has nothing to do with it
        }
    }

    private static Task<Requests.Session> SignInAsync(ExeuntProcess node) => Requests.SignInAsync(node, Cluster.Admin, Cluster.Password);

    private static async Task<Requests.Session> AnswersAsync(ExeuntProcess node, Requests.Session session)
    {
        var (status, answer) = await Requests.RefreshAsync(node, session.Refresh);
        Assert.Equal(HttpStatusCode.OK, status);
        return answer!;
    }

    private async Task<Requests.Session> TurnsAsync(ExeuntProcess node, Requests.Session session)
    {
        var answer = await AnswersAsync(node, session);
        Assert.NotEqual(session.Refresh, answer.Refresh);
        await cluster.EverywhereAsync(answer, HttpStatusCode.OK);
        return answer;
    }

    private async Task IsTheftAsync(ExeuntProcess node, Requests.Session copied, Requests.Session newest)
    {
        Assert.Equal(HttpStatusCode.Unauthorized, (await Requests.RefreshAsync(node, copied.Refresh)).Status);
        await cluster.EverywhereAsync(newest, HttpStatusCode.Unauthorized);
        foreach (var one in cluster.Nodes) Assert.Equal(HttpStatusCode.Unauthorized, (await Requests.RefreshAsync(one, newest.Refresh)).Status);
    }

    // The database's clock is set, and every node has looked at it, as it does each second: asking until then is all that can be awaited from outside.
    private async Task PassAsync(TimeSpan time)
    {
        var until = (await Task.WhenAll(cluster.Nodes.Select(TimeAsync))).Max() + time;
        server.SetClock(ahead += time);
        using var polling = new Polling(Patience);
        foreach (var node in cluster.Nodes)
        {
            while (await TimeAsync(node) < until)
                if (!await polling.AgainAsync()) Assert.Fail($"A node does not follow the database's clock:\n{node.Output}");
        }
    }

    private async Task<DateTimeOffset> TimeAsync(ExeuntProcess node)
    {
        using var client = node.Client();
        client.DefaultRequestHeaders.Authorization = reader;
        var page = await client.GetFromJsonAsync<JsonElement>("api/v1/revocations?limit=1");
        return DateTimeOffset.FromUnixTimeMilliseconds(page.GetProperty("time").GetInt64());
    }

    private async Task<AuthenticationHeaderValue> AddReaderAsync()
    {
        var (exit, said) = await ExeuntProcess.RunAsync(["clients", "add", "clock", "--data", cluster.Data(1), "--json"], cluster.Environment);
        Assert.True(exit == 0, said);
        using var added = JsonDocument.Parse(said);
        return new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{added.RootElement.GetProperty("id")}:{added.RootElement.GetProperty("secret")}")));
    }
}
