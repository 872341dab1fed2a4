using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Exeunt.EndToEnd.Commands;
using Exeunt.EndToEnd.Proxies;
using Exeunt.EndToEnd.Support;
using Npgsql;

namespace Exeunt.EndToEnd.Nodes;

/// <summary>Three nodes as docs/nodes.md sets them up: its role in the database, its nginx in front.</summary>
public partial class NodesPageTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "nodes.md"));

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task P3_nodes_under_the_role_of_the_page_and_behind_its_nginx_refuse_who_has_left_and_outlive_one_of_them()
    {
        await using var server = await PostgresServer.StartAsync();
        await server.RunScriptAsync(Block("sql").Replace("role exeunt", "role app", StringComparison.Ordinal).Replace("authorization exeunt", "authorization app", StringComparison.Ordinal));
        var database = new NpgsqlConnectionStringBuilder(server.ConnectionString("ledger")) { Username = "app" };
        await using var cluster = await Cluster.StartAsync(
            server, nodes: 3, ("Exeunt__Ledger__Postgres", database.ConnectionString), ("Exeunt__Server__TrustedProxies__0", "127.0.0.1"));
        await using var nginx = await NginxProcess.StartAsync(Block("nginx"), [.. cluster.Nodes.Select(node => node.Address)]);
        using var client = nginx.Client();
        var (leaving, staying) = (await SignInAsync(client), await SignInAsync(client));

        using (var logout = await client.PostAsJsonAsync("api/v1/auth/logout", new { refresh_token = leaving.Refresh }, Ct)) Assert.Equal(HttpStatusCode.OK, logout.StatusCode);
        await cluster.EverywhereAsync(leaving, HttpStatusCode.Unauthorized);
        await AlwaysAsync(client, leaving, HttpStatusCode.Unauthorized);
        await AlwaysAsync(client, staying, HttpStatusCode.OK);

        await cluster.Nodes[0].DisposeAsync();
        cluster.Nodes.RemoveAt(0);
        await AlwaysAsync(client, leaving, HttpStatusCode.Unauthorized);
        await AlwaysAsync(client, staying, HttpStatusCode.OK);

        var (_, found) = await ExeuntProcess.RunAsync(["doctor", "--data", cluster.Data(1)], cluster.Environment);
        Assert.Contains("the role is no superuser", found, StringComparison.Ordinal);
        Assert.Matches("ledger +good", found);
    }

    private static async Task<Requests.Session> SignInAsync(HttpClient client)
    {
        using var polling = new Polling(TimeSpan.FromSeconds(60));
        while (true)
        {
            using var response = await client.PostAsJsonAsync("api/v1/auth/login", new { email = Cluster.Admin, password = Cluster.Password }, Ct);
            if (response.StatusCode == HttpStatusCode.ServiceUnavailable && await polling.AgainAsync()) continue; // a machine that is busy with other tests
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            return Requests.Session.Of(await response.Content.ReadFromJsonAsync<JsonElement>(Ct));
        }
    }

    // As often as nodes take turns twice.
    private static async Task AlwaysAsync(HttpClient client, Requests.Session session, HttpStatusCode expected)
    {
        for (var i = 0; i < 6; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "api/v1/users/me") { Headers = { Authorization = new("Bearer", session.Access) } };
            using var response = await client.SendAsync(request, Ct);
            Assert.Equal(expected, response.StatusCode);
        }
    }

    private static string Block(string language) => Blocks().Matches(Page).Single(block => block.Groups["language"].Value == language).Groups["text"].Value;

    [GeneratedRegex("^```(?<language>sql|nginx)\n(?<text>.*?)^```", RegexOptions.ExplicitCapture | RegexOptions.Multiline | RegexOptions.Singleline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Blocks();
}
