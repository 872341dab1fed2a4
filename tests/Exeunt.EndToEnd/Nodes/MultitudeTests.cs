using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.EndToEnd.Commands;
using Exeunt.EndToEnd.Support;
using Exeunt.Hosting;
using Exeunt.Keys;
using Exeunt.Postgres;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Sessions;
using Exeunt.Storage;

namespace Exeunt.EndToEnd.Nodes;

/// <summary>Very many sessions, ended over HTTP by one record on one of three nodes. The long form has a million.</summary>
public class MultitudeTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task P8_logging_out_ten_thousand_sessions_of_one_account_is_one_record_with_a_true_count_that_every_node_enforces()
    {
        const int Sessions = 10_000;
        await using var cluster = await StartAsync();
        await using var store = await ConnectAsync(cluster);
        var devices = await SignInEverywhereAsync(cluster);
        var ada = (await store.FindUserByEmailAsync(User.Normalize(Cluster.Admin), Ct))!;
        var many = await ShownAsync(cluster, store, await ManyRows.WriteSessionsAsync(store, ada.Issuer, Sessions - devices.Length, of: ada));

        var answer = await PostAsync(cluster.Nodes[0], devices[0], "api/v1/auth/logout-all", new { });

        Assert.Equal(Sessions, answer.GetProperty("revoked_sessions").GetInt64());
        await IsOneRecordAsync(store, RevocationScope.User, Sessions);
        await AreRefusedAsync(cluster, store, devices, many);
    }

    [Fact]
    public async Task P8_ending_everyone_is_one_record_with_a_true_count_that_every_node_enforces()
    {
        var sessions = Races.Long ? 1_000_000 : 20_000;
        await using var cluster = await StartAsync();
        await using var store = await ConnectAsync(cluster);
        var many = await ShownAsync(cluster, store, await ManyRows.WriteSessionsAsync(store, "https://login.example.com", sessions));
        var devices = await SignInEverywhereAsync(cluster);

        var answer = await PostAsync(cluster.Nodes[0], devices[0], "api/v1/admin/endings", new { scope = "everyone" });

        Assert.Equal(sessions + devices.Length, answer.GetProperty("ended").GetInt64());
        await IsOneRecordAsync(store, RevocationScope.Everyone, sessions + devices.Length);
        await AreRefusedAsync(cluster, store, devices, many);
        Assert.Equal(0, await store.CountAliveAsync(new Revocations.EndScope.Everyone(), Ct));

        // And everybody may come back at once, on every node.
        foreach (var device in await SignInEverywhereAsync(cluster))
            foreach (var node in cluster.Nodes) Assert.Equal(HttpStatusCode.OK, await Requests.MeAsync(node, device.Access));
    }

    private static async Task<Cluster> StartAsync() => await Cluster.StartAsync(await PostgresServer.SharedAsync(), nodes: 3, ("Exeunt__Sessions__PerAccount", "1000000"));

    private static async Task<PostgresLedger> ConnectAsync(Cluster cluster)
    {
        var store = new PostgresLedger(new(cluster.Environment["Exeunt__Ledger__Postgres"]!, "beside"), TimeProvider.System);
        await store.OpenAsync(NodeMemory.Empty, Ct);
        return store;
    }

    private static Task<Requests.Session[]> SignInEverywhereAsync(Cluster cluster) =>
        Task.WhenAll(cluster.Nodes.Select(node => Requests.SignInAsync(node, Cluster.Admin, Cluster.Password)));

    private static async Task<JsonElement> PostAsync(ExeuntProcess node, Requests.Session by, string path, object body)
    {
        using var client = node.Client();
        client.DefaultRequestHeaders.Authorization = new("Bearer", by.Access);
        using var response = await client.PostAsJsonAsync(path, body, Ct);
        Assert.True(response.StatusCode == HttpStatusCode.OK, await response.Content.ReadAsStringAsync(Ct));
        return await response.Content.ReadFromJsonAsync<JsonElement>(Ct);
    }

    private static async Task IsOneRecordAsync(PostgresLedger store, RevocationScope scope, long count)
    {
        Assert.Equal(scope, Assert.Single(await store.RevocationsAfterAsync(0, 10, Ct)).Scope);
        Assert.Equal(count, Assert.Single((await store.AuditAsync(new(Action: AuditActions.SessionsEnded), Ct)).Items).Entry.Count);
        Assert.Empty((await store.AuditAsync(new(Action: AuditActions.SessionEnded), Ct)).Items);
    }

    private static async Task AreRefusedAsync(Cluster cluster, PostgresLedger store, Requests.Session[] devices, IReadOnlyList<Requests.Session> many)
    {
        foreach (var device in devices)
        {
            await cluster.EverywhereAsync(device, HttpStatusCode.Unauthorized);
            foreach (var node in cluster.Nodes) Assert.Equal(HttpStatusCode.Unauthorized, (await Requests.RefreshAsync(node, device.Refresh)).Status);
        }

        foreach (var one in many)
        {
            await cluster.EverywhereAsync(one, HttpStatusCode.Unauthorized);
            Assert.NotNull((await store.FindSessionAsync(SessionId.Parse(one.Id, null), Ct))!.End);
        }
    }

    // The first, the last and some between of those who were written past the door: with the tokens that the nodes would have made, and which open every one of them.
    private static async Task<List<Requests.Session>> ShownAsync(Cluster cluster, PostgresLedger store, IReadOnlyList<SessionId> many)
    {
        var (options, now) = (new ExeuntOptions(), store.Clock.GetUtcNow());
        var ring = KeyRing.Peek(store.Vault(Convert.FromBase64String(cluster.Environment["Exeunt__Ledger__MasterKey"]!)), KeyPolicy.Of(options), now, out _);
        var mint = new TokenMint(options, ring.Secrets, ring.Signing);
        List<Requests.Session> shown = [];
        foreach (var id in many.Where((_, i) => i % (many.Count / 20) == 0).Append(many[^1]))
        {
            var session = (await store.FindSessionAsync(id, Ct))!.Session;
            var user = (await store.FindUserAsync(session.User, Ct))!;
            shown.Add(new(mint.AccessToken(session, user, now, TimeSpan.FromMinutes(15)), mint.RefreshToken(session, 0), id.ToString()));
            Assert.All(await cluster.StatusesAsync(shown[^1]), status => Assert.Equal(HttpStatusCode.OK, status));
        }

        return shown;
    }
}
