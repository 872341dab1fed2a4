using System.Net;
using Exeunt.EndToEnd.Commands;
using Exeunt.EndToEnd.Support;

namespace Exeunt.EndToEnd.Nodes;

/// <summary>Logins, refreshes and logouts that meet each other on three real nodes: what is true on one server stays true on all.</summary>
[TakesLong(seconds: 60)]
public class NodeRaceTests(ITestOutputHelper output) : IAsyncLifetime
{
    private Cluster cluster = null!;

    private static int Rounds => Races.Long ? 40 : 4;

    // A machine that is busy with other tests is slow, and not without its ledger.
    public virtual async ValueTask InitializeAsync()
    {
        cluster = await Cluster.StartAsync(await PostgresServer.SharedAsync(), nodes: 0, [.. OutageSteps.Settings, ("Exeunt__Journal__Deadline", "00:00:30")]);
        await AddNodesAsync(cluster);
    }

    public async ValueTask DisposeAsync()
    {
        if (cluster is not null) await cluster.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task RT_7_fifty_parallel_refreshes_over_three_nodes_give_one_successor()
    {
        var session = await SignInAsync(cluster.Nodes[0]);

        var answers = await Races.AtOnceAsync(Enumerable.Range(0, 50)
            .Select<int, Func<Task<(HttpStatusCode Status, Requests.Session? Session)>>>(i => () => Requests.RefreshAsync(cluster.Nodes[i % 3], session.Refresh)));

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.Status));
        var successor = Assert.Single(answers.Select(answer => answer.Session!.Refresh).Distinct());
        Assert.NotEqual(session.Refresh, successor);
        foreach (var node in cluster.Nodes) Assert.Equal(HttpStatusCode.OK, (await Requests.RefreshAsync(node, successor)).Status);
    }

    [Fact]
    public async Task P1_a_login_that_races_a_logout_all_on_another_node_is_wholly_ended_or_wholly_alive()
    {
        var random = Races.Seeded(output);
        for (var round = 0; round < Rounds; round++)
        {
            var acting = await SignInAsync(random.Pick(cluster.Nodes));
            await cluster.EverywhereAsync(acting, HttpStatusCode.OK);
            var runners = Enumerable.Range(0, 6).Select<int, Func<Task<Requests.Session?>>>(i => () => Requests.TrySignInAsync(cluster.Nodes[i % 3], Cluster.Admin, Cluster.Password))
                .Append(async () =>
                {
                    await random.Pick(cluster.Nodes).LeaveAsync(acting, all: true);
                    return null;
                }).ToArray();
            random.Shuffle(runners);

            var logins = (await Races.AtOnceAsync(runners)).OfType<Requests.Session>().ToList();

            Assert.Equal(6, logins.Count);
            await AgreesAsync(acting, HttpStatusCode.Unauthorized);
            foreach (var login in logins) await AgreesAsync(login);
            await AgreesAsync(await SignInAsync(random.Pick(cluster.Nodes)), HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task P1_a_refresh_in_flight_on_one_node_never_revives_a_session_that_another_node_ends()
    {
        var random = Races.Seeded(output);
        for (var round = 0; round < Rounds; round++)
        {
            var session = await SignInAsync(random.Pick(cluster.Nodes));
            var all = random.Chance(0.5);
            await cluster.EverywhereAsync(session, HttpStatusCode.OK);
            var runners = Enumerable.Range(0, 12).Select<int, Func<Task<Requests.Session?>>>(i => async () => (await Requests.RefreshAsync(cluster.Nodes[i % 3], session.Refresh)).Session)
                .Append(async () =>
                {
                    await random.Pick(cluster.Nodes).LeaveAsync(session, all);
                    return null;
                }).ToArray();
            random.Shuffle(runners);

            foreach (var answer in (await Races.AtOnceAsync(runners)).OfType<Requests.Session>()) await AgreesAsync(answer, HttpStatusCode.Unauthorized);
            await AgreesAsync(session, HttpStatusCode.Unauthorized);
        }
    }

    [Fact]
    public async Task P1_all_but_this_and_all_by_two_devices_on_two_nodes_leave_nobody_alive_who_should_not_be()
    {
        var random = Races.Seeded(output);
        for (var round = 0; round < Rounds; round++)
        {
            var (sparing, all, third) = (await SignInAsync(cluster.Nodes[0]), await SignInAsync(cluster.Nodes[1]), await SignInAsync(cluster.Nodes[2]));
            var (one, other) = (random.Next(3), random.Next(3));

            var statuses = await Races.AtOnceAsync<HttpStatusCode>(
                [() => DeleteAsync(cluster.Nodes[one], sparing, "api/v1/sessions/others"), () => DeleteAsync(cluster.Nodes[other], all, "api/v1/sessions")]);

            // Whichever came first ended the other's session, and a session that has ended ends nothing.
            await AgreesAsync(all, HttpStatusCode.Unauthorized);
            await AgreesAsync(third, HttpStatusCode.Unauthorized);
            var spared = await AgreesAsync(sparing);
            Assert.True(
                (statuses[0], statuses[1], spared) is (HttpStatusCode.OK, HttpStatusCode.Unauthorized, HttpStatusCode.OK) or (HttpStatusCode.Unauthorized, HttpStatusCode.OK, HttpStatusCode.Unauthorized),
                $"round {round}: {statuses[0]}, {statuses[1]}, spared device {spared}");
        }
    }

    [Fact]
    public async Task P1_everyone_during_a_storm_of_logins_leaves_none_that_was_opened_before_and_none_half_alive()
    {
        for (var round = 0; round < (Races.Long ? 20 : 2); round++) await WeatherStormAsync();
    }

    /// <summary>Starts the three nodes that the races are run on.</summary>
    private protected virtual async Task AddNodesAsync(Cluster cluster)
    {
        while (cluster.Nodes.Count < 3) await cluster.AddNodeAsync();
    }

    private async Task WeatherStormAsync()
    {
        var admin = await Requests.SignInAsync(cluster.Nodes[0], Cluster.Admin, Cluster.Password);
        var before = await Task.WhenAll(cluster.Nodes.Select(node => Requests.SignInAsync(node, Cluster.Admin, Cluster.Password)));
        using var asked = new CancellationTokenSource();
        using var ended = new CancellationTokenSource();
        using var answered = new SemaphoreSlim(0);
        var storm = cluster.Nodes.Concat(cluster.Nodes).Select(node => StormAsync(node, answered, asked.Token, ended.Token)).ToList();
        for (var i = 0; i < storm.Count; i++) await answered.WaitAsync(); // so many logins before it is asked for

        await asked.CancelAsync();
        await Requests.EndAsync(cluster.Nodes[0], admin, new { scope = "everyone" });
        await ended.CancelAsync();
        var logins = (await Task.WhenAll(storm)).SelectMany(logins => logins).ToLookup(login => login.When, login => login.Session);

        foreach (var session in before.Concat(logins[Moment.Before])) await cluster.EverywhereAsync(session, HttpStatusCode.Unauthorized);

        // Whoever began to log in after the answer has a token that works at once, on every node, although the storm goes on.
        Assert.NotEmpty(logins[Moment.After]);
        foreach (var session in logins[Moment.After]) Assert.All(await cluster.StatusesAsync(session), status => Assert.Equal(HttpStatusCode.OK, status));

        // Each of the others is wholly ended or wholly alive: its access token and its refresh token agree, on every node.
        Assert.NotEmpty(logins[Moment.Amid]);
        foreach (var session in logins[Moment.Amid])
        {
            var verdict = (await Requests.RefreshAsync(cluster.Nodes[1], session.Refresh)).Status;
            await cluster.EverywhereAsync(session, verdict);
        }
    }

    // Logs in again and again, and still a few times after the answer of the ending.
    private static async Task<List<(Requests.Session Session, Moment When)>> StormAsync(
        ExeuntProcess node, SemaphoreSlim answered, CancellationToken asked, CancellationToken ended)
    {
        List<(Requests.Session Session, Moment When)> opened = [];
        while (opened.Count(login => login.When is Moment.After) < 3)
        {
            var isAfter = ended.IsCancellationRequested; // before it begins
            var session = await Requests.SignInAsync(node, Cluster.Admin, Cluster.Password);
            opened.Add((session, isAfter ? Moment.After : asked.IsCancellationRequested ? Moment.Amid : Moment.Before));
            answered.Release();
        }

        return opened;
    }

    /// <summary>When a login was: answered before the ending was asked for, begun after that was answered, or neither.</summary>
    private enum Moment
    {
        Before,
        Amid,
        After,
    }

    private static Task<Requests.Session> SignInAsync(ExeuntProcess node) => Requests.SignInAsync(node, Cluster.Admin, Cluster.Password);

    // The refresh token and the access token say the same, on every node.
    private async Task<HttpStatusCode> AgreesAsync(Requests.Session session, HttpStatusCode? expected = null)
    {
        var verdicts = await Task.WhenAll(cluster.Nodes.Select(node => Requests.RefreshAsync(node, session.Refresh)));
        var verdict = Assert.Single(verdicts.Select(answer => answer.Status).Distinct());
        if (expected is { } right) Assert.Equal(right, verdict);
        await cluster.EverywhereAsync(session, verdict);
        return verdict;
    }

    private static async Task<HttpStatusCode> DeleteAsync(ExeuntProcess node, Requests.Session by, string path)
    {
        using var client = node.Client();
        client.DefaultRequestHeaders.Authorization = new("Bearer", by.Access);
        using var response = await client.DeleteAsync(path);
        return response.StatusCode;
    }
}
