using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.EndToEnd.Commands;
using Exeunt.EndToEnd.Support;
using Exeunt.Postgres;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
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
        var many = await ManyRows.WriteSessionsAsync(store, ada.Issuer, Sessions - devices.Length, of: ada);

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
        var many = await ManyRows.WriteSessionsAsync(store, "https://login.example.com", sessions);
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

    private static async Task AreRefusedAsync(Cluster cluster, PostgresLedger store, Requests.Session[] devices, IReadOnlyList<SessionId> many)
    {
        foreach (var device in devices)
        {
            await cluster.EverywhereAsync(device, HttpStatusCode.Unauthorized);
            foreach (var node in cluster.Nodes) Assert.Equal(HttpStatusCode.Unauthorized, (await Requests.RefreshAsync(node, device.Refresh)).Status);
        }

        // The first, the last and some between: those who were written past the door have no token that could be shown.
        foreach (var id in many.Where((_, i) => i % (many.Count / 20) == 0).Append(many[^1])) Assert.NotNull((await store.FindSessionAsync(id, Ct))!.End);
    }
}
