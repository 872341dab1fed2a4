using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Exeunt.EndToEnd.Support;

namespace Exeunt.EndToEnd.Durability;

/// <summary>P1: what was answered is on disk. The real process is killed under load as a power cut would.</summary>
public class KillTests(ITestOutputHelper output)
{
    private static readonly Dictionary<string, string?> Settings = new()
    {
        ["Exeunt__Accounts__Registration"] = "open",
        ["Exeunt__Sessions__PerAccount"] = "100000",
        ["Exeunt__Tokens__Lifetime"] = "24:00:00",
    };

    [Fact]
    public async Task P1_every_logout_that_was_answered_is_still_ended_after_a_kill()
    {
        using var folder = new TemporaryFolder();
        var data = Path.Combine(folder.Path, "data");
        var rounds = Races.Long ? 20 : 3;
        var answered = new List<Tokens>();
        var random = Races.Seeded(output);

        for (var round = 0; round < rounds; round++)
        {
            await using var server = await ExeuntProcess.ServeAsync(data, Settings);
            using var client = server.Client();
            using (var ready = await client.GetAsync("readyz")) Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
            foreach (var gone in answered) await AssertEndedAsync(client, gone);

            if (round == 0) await RegisterAsync(client);
            var waiting = new ConcurrentQueue<Tokens>(await SignInManyAsync(client, 12));
            var done = new ConcurrentBag<Tokens>();
            var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var killAfter = random.Next(1, 10);
            var load = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
            {
                try
                {
                    while (waiting.TryDequeue(out var next))
                    {
                        using var logout = await client.PostAsJsonAsync("api/v1/auth/logout", new { refresh_token = next.Refresh });
                        Assert.Equal(HttpStatusCode.OK, logout.StatusCode); // whatever is answered, until the end
                        done.Add(next);
                        if (done.Count >= killAfter) enough.TrySetResult();
                    }
                }
                catch (HttpRequestException)
                {
                    // The server was killed in the middle: this one was not answered and nothing is claimed of it.
                }
            })).ToArray();

            await Task.WhenAny(enough.Task, Task.WhenAll(load)).WaitAsync(TimeSpan.FromSeconds(60));
            Assert.True(enough.Task.IsCompleted || load.Any(one => one.IsFaulted));
            await server.KillAsync();
            await Task.WhenAll(load);
            answered.AddRange(done);
        }

        Assert.True(answered.Count >= rounds);
        await using (var last = await ExeuntProcess.ServeAsync(data, Settings))
        {
            using var client = last.Client();
            foreach (var gone in answered) await AssertEndedAsync(client, gone);
        }

        var (exitCode, said) = await ExeuntProcess.RunAsync(["audit", "verify", "--data", data]);
        Assert.True(exitCode == 0, said);
        output.WriteLine($"{answered.Count} answered logouts over {rounds} kills");
    }

    private static async Task RegisterAsync(HttpClient client)
    {
        using var registered = await client.PostAsJsonAsync("api/v1/auth/register", new { email = "ada@example.com", password = "purple-otter-lantern-41" });
        Assert.Equal(HttpStatusCode.Created, registered.StatusCode);
    }

    private static async Task<Tokens[]> SignInManyAsync(HttpClient client, int count)
    {
        var many = new Tokens[count];
        await Parallel.ForAsync(0, count, async (i, ct) =>
        {
            using var login = await client.PostAsJsonAsync("api/v1/auth/login", new { email = "ada@example.com", password = "purple-otter-lantern-41" }, ct);
            var answer = await login.Content.ReadFromJsonAsync<JsonElement>(ct);
            many[i] = new(answer.GetProperty("access_token").GetString()!, answer.GetProperty("refresh_token").GetString()!);
        });
        return many;
    }

    private static async Task AssertEndedAsync(HttpClient client, Tokens gone)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "api/v1/users/me") { Headers = { Authorization = new("Bearer", gone.Access) } };
        using var me = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.Unauthorized, me.StatusCode);
        using var refresh = await client.PostAsJsonAsync("api/v1/auth/refresh", new { refresh_token = gone.Refresh });
        Assert.Equal(HttpStatusCode.Unauthorized, refresh.StatusCode);
    }

    private sealed record Tokens(string Access, string Refresh);
}
