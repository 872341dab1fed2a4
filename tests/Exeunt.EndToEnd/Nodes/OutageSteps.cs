using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Exeunt.EndToEnd.Commands;
using Exeunt.EndToEnd.Support;

namespace Exeunt.EndToEnd.Nodes;

/// <summary>What people do while the database of several nodes is away, and what must be found when it is back.</summary>
internal static class OutageSteps
{
    /// <summary>Settings under which nothing but a logout ends a session.</summary>
    public static readonly (string Name, string Value)[] Settings =
    [
        ("Exeunt__Tokens__Lifetime", "24:00:00"),
        ("Exeunt__Sessions__PerAccount", "100000"),
        ("Exeunt__Journal__Megabytes", "1"),
        ("Exeunt__Journal__Deadline", "00:00:01"),
    ];

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    extension(ExeuntProcess node)
    {
        /// <summary>Signs in; while the ledger is away, or slow on a busy machine, that is refused and tried again.</summary>
        public async Task<Requests.Session> SignInAsync()
        {
            using var polling = new Polling(Patience);
            while (true)
            {
                if (await Requests.TrySignInAsync(node, Cluster.Admin, Cluster.Password) is { } session) return session;
                if (!await polling.AgainAsync()) Assert.Fail($"Nobody can sign in:\n{node.Output}"); // the words are long: they are not put together for nothing
            }
        }

        /// <summary>How a refresh with its token is answered; while the ledger is away, or slow on a busy machine, that is refused and tried again.</summary>
        public async Task<HttpStatusCode> RefreshStatusAsync(Requests.Session session)
        {
            using var polling = new Polling(Patience);
            while (true)
            {
                var status = (await Requests.RefreshAsync(node, session.Refresh)).Status;
                if (status != HttpStatusCode.ServiceUnavailable || !await polling.AgainAsync()) return status;
            }
        }

        /// <summary>Logs out, which must not be refused, and must be enforced here at once. True when it went to the journal.</summary>
        public async Task<bool> LeaveAsync(Requests.Session session, bool all = false)
        {
            using var client = node.Client();
            if (all) client.DefaultRequestHeaders.Authorization = new("Bearer", session.Access);
            using var response = all
                ? await client.PostAsync("api/v1/auth/logout-all", null)
                : await client.PostAsJsonAsync("api/v1/auth/logout", new { refresh_token = session.Refresh });
            if (response.StatusCode != HttpStatusCode.OK) Assert.Fail($"{response.StatusCode}: {await response.Content.ReadAsStringAsync()}\n{node.Output}");
            Assert.Equal(HttpStatusCode.Unauthorized, await Requests.MeAsync(node, session.Access));
            return (await response.Content.ReadFromJsonAsync<JsonElement>()).TryGetProperty("warning", out _);
        }

        /// <summary>Waits until its own API answers an access token so.</summary>
        public async Task BecomesAsync(Requests.Session session, HttpStatusCode expected)
        {
            using var polling = new Polling(Patience);
            while (await Requests.MeAsync(node, session.Access) is var status && status != expected)
                Assert.True(await polling.AgainAsync(), $"{expected} was expected, and it is {status}.");
        }

        /// <summary>Waits until it has noticed that its ledger is away.</summary>
        public Task AwayAsync() => ReadyzAsync(node, HttpStatusCode.ServiceUnavailable);

        /// <summary>Waits until it can serve.</summary>
        public Task ReadyAsync() => ReadyzAsync(node, HttpStatusCode.OK);
    }

    extension(Cluster cluster)
    {
        /// <summary>Waits until every node has replayed its journal and read what the others replayed.</summary>
        public Task ReadyAsync() => Task.WhenAll(cluster.Nodes.Select(node => node.ReadyAsync()));

        /// <summary>Every one of them is refused everywhere, stands in the trail once, and the chains verify.</summary>
        public async Task AssertGoneAsync(IReadOnlyCollection<Requests.Session> gone)
        {
            foreach (var one in gone)
            {
                await cluster.EverywhereAsync(one, HttpStatusCode.Unauthorized);
                foreach (var node in cluster.Nodes) Assert.Equal(HttpStatusCode.Unauthorized, await node.RefreshStatusAsync(one));
            }

            await cluster.AssertRecordedOnceAsync(gone);
        }

        public Task AssertRecordedOnceAsync(IReadOnlyCollection<Requests.Session> gone) => Trail.AssertRecordedOnceAsync(cluster.Data(0), gone, cluster.Environment);
    }

    private static async Task ReadyzAsync(ExeuntProcess node, HttpStatusCode expected)
    {
        using var client = node.Client();
        using var polling = new Polling(Patience);
        while (true)
        {
            using var ready = await client.GetAsync("readyz", polling.IsOver);
            if (ready.StatusCode == expected) return;
            Assert.True(await polling.AgainAsync(), $"{expected} was expected, and it is {ready.StatusCode}.");
        }
    }
}
