using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Exeunt.EndToEnd.Commands;
using Exeunt.EndToEnd.Support;
using Npgsql;

namespace Exeunt.EndToEnd.Nodes;

/// <summary>Three real nodes on one real database: what ends on one is refused by all.</summary>
[TakesLong(seconds: 30)]
public class ThreeNodesTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task P3_an_ending_on_one_node_is_refused_by_all_whatever_its_scope()
    {
        await using var cluster = await Cluster.StartAsync(await PostgresServer.SharedAsync(), nodes: 3);
        foreach (var (scope, end) in Endings(cluster))
        {
            var sessions = await Task.WhenAll(cluster.Nodes.Select(node => Requests.SignInAsync(node, Cluster.Admin, Cluster.Password)));
            foreach (var session in sessions) await cluster.EverywhereAsync(session, HttpStatusCode.OK);

            await end(sessions);

            // The session of the first node has ended in any case. It is refused there at once, and by the others as soon as they have heard.
            Assert.True(await Requests.MeAsync(cluster.Nodes[0], sessions[0].Access) == HttpStatusCode.Unauthorized, scope);
            await cluster.EverywhereAsync(sessions[0], HttpStatusCode.Unauthorized);
            foreach (var node in cluster.Nodes)
            {
                if (scope != "key") Assert.Equal(HttpStatusCode.Unauthorized, (await Requests.RefreshAsync(node, sessions[0].Refresh)).Status);
            }

            var others = scope == "session" ? HttpStatusCode.OK : HttpStatusCode.Unauthorized;
            foreach (var session in sessions.Skip(1)) await cluster.EverywhereAsync(session, others);
        }
    }

    [Fact]
    public async Task P3_a_browser_that_listens_at_one_node_hears_of_an_ending_at_another()
    {
        await using var cluster = await Cluster.StartAsync(await PostgresServer.SharedAsync(), nodes: 2);
        var session = await Requests.SignInAsync(cluster.Nodes[0], Cluster.Admin, Cluster.Password);
        using var browser = cluster.Nodes[1].Client();
        browser.DefaultRequestHeaders.Authorization = new("Bearer", session.Access);
        using var stream = await browser.GetAsync("api/v1/sessions/current/events", HttpCompletionOption.ResponseHeadersRead, Ct);
        Assert.Equal(HttpStatusCode.OK, stream.StatusCode);

        await Requests.LogoutAsync(cluster.Nodes[0], session.Refresh);

        Assert.EndsWith("event: ended\ndata: {\"reason\":\"user\"}\n\n", await stream.Content.ReadAsStringAsync(Ct));
    }

    [Fact]
    public async Task P3_an_ending_of_which_no_notification_was_sent_is_refused_by_all_nodes()
    {
        await using var cluster = await Cluster.StartAsync(await PostgresServer.SharedAsync(), nodes: 2);
        var heard = await Requests.SignInAsync(cluster.Nodes[0], Cluster.Admin, Cluster.Password);
        var silent = await Requests.SignInAsync(cluster.Nodes[0], Cluster.Admin, Cluster.Password);
        await Requests.LogoutAsync(cluster.Nodes[0], heard.Refresh);
        await cluster.EverywhereAsync(heard, HttpStatusCode.Unauthorized);
        await cluster.EverywhereAsync(silent, HttpStatusCode.OK);

        // The same row once more, for the other session: it is in the log, and nobody has been told.
        await using var source = NpgsqlDataSource.Create(cluster.Environment["Exeunt__Ledger__Postgres"]! + ";Search Path=exeunt");
        await using var write = source.CreateCommand(
            """
            with added as (
                insert into revocations select seq + 1, seq, gen_random_uuid(), scope, issuer, $1, up_to, up_to_second, except_session, except_id, expires, at, reason, swept
                from revocations where key = $2 returning seq)
            update revocation_head set sequence = (select seq from added)
            """);
        write.Parameters.Add(new() { Value = silent.Id });
        write.Parameters.Add(new() { Value = heard.Id });
        Assert.Equal(1, await write.ExecuteNonQueryAsync(Ct));

        await cluster.EverywhereAsync(silent, HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_session_of_one_node_is_at_home_on_every_other_and_a_new_node_knows_all_endings()
    {
        await using var cluster = await Cluster.StartAsync(await PostgresServer.SharedAsync(), nodes: 2);
        var ended = await Requests.SignInAsync(cluster.Nodes[0], Cluster.Admin, Cluster.Password);
        var alive = await Requests.SignInAsync(cluster.Nodes[1], Cluster.Admin, Cluster.Password);
        await Requests.LogoutAsync(cluster.Nodes[1], ended.Refresh);

        var fresh = await cluster.AddNodeAsync();

        using var client = fresh.Client();
        using var ready = await client.GetAsync("readyz", Ct);
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, await Requests.MeAsync(fresh, ended.Access)); // at once: it does not listen before it knows
        Assert.Equal(HttpStatusCode.OK, await Requests.MeAsync(fresh, alive.Access));
        var (status, renewed) = await Requests.RefreshAsync(fresh, alive.Refresh);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(HttpStatusCode.OK, await Requests.MeAsync(cluster.Nodes[0], renewed!.Access));

        // One set of keys for all, and none of it in files.
        var sets = await Task.WhenAll(cluster.Nodes.Select(async node =>
        {
            using var keys = node.Client();
            return await keys.GetStringAsync(".well-known/jwks.json", Ct);
        }));
        Assert.Single(sets.Distinct());
        Assert.False(Directory.Exists(Path.Combine(cluster.Data(0), "keys")));
    }

    [Fact]
    public async Task Doctor_and_the_other_commands_work_on_the_shared_ledger()
    {
        var server = await PostgresServer.SharedAsync();
        await using var cluster = await Cluster.StartAsync(server, nodes: 1);
        var session = await Requests.SignInAsync(cluster.Nodes[0], Cluster.Admin, Cluster.Password);

        var (_, findings) = await ExeuntProcess.RunAsync(["doctor", "--data", cluster.Data(0)], cluster.Environment);
        var (exit, said) = await ExeuntProcess.RunAsync(["sessions", "end", session.Id, "--data", cluster.Data(0)], cluster.Environment);
        var (verified, trail) = await ExeuntProcess.RunAsync(["audit", "verify", "--data", cluster.Data(0)], cluster.Environment);

        Assert.Contains("PostgreSQL", findings, StringComparison.Ordinal);
        Assert.Contains("fsync is off", findings, StringComparison.Ordinal); // as it is, in these tests
        Assert.Contains("from the database's", findings, StringComparison.Ordinal);
        Assert.True(exit == 0, said);
        Assert.True(verified == 0, trail);
        Assert.Equal(HttpStatusCode.Unauthorized, await Requests.MeAsync(cluster.Nodes[0], session.Access));
        Assert.DoesNotContain(cluster.Environment["Exeunt__Ledger__MasterKey"]!, findings + cluster.Nodes[0].Output, StringComparison.Ordinal);
    }

    private static IEnumerable<(string Scope, Func<Requests.Session[], Task> End)> Endings(Cluster cluster)
    {
        var first = cluster.Nodes[0];
        yield return ("session", sessions => Requests.LogoutAsync(first, sessions[0].Refresh));
        yield return ("user", sessions => Requests.EndAsync(first, sessions[0], new { scope = "user", user = UserOf(sessions[0]) }));
        yield return ("client", sessions => Requests.EndAsync(first, sessions[0], new { scope = "client", client = "default" }));
        yield return ("issuer", sessions => Requests.EndAsync(first, sessions[0], new { scope = "issuer", issuer = "https://login.example.com" }));
        yield return ("everyone", sessions => Requests.EndAsync(first, sessions[0], new { scope = "everyone" }));
        yield return ("key", async sessions =>
        {
            var kid = Claim(sessions[0].Access, part: 0, "kid");
            var (exit, said) = await ExeuntProcess.RunAsync(["keys", "revoke", kid, "--data", cluster.Data(0)], cluster.Environment);
            Assert.True(exit == 0, said);
        }
        );
    }

    private static string UserOf(Requests.Session session) => Claim(session.Access, part: 1, "sub");

    private static string Claim(string token, int part, string name) =>
        JsonDocument.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(token.Split('.')[part])).RootElement.GetProperty(name).GetString()!;
}
