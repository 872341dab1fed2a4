using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Runtime.Versioning;
using System.Text.Json;
using Exeunt.EndToEnd.Commands;
using Exeunt.EndToEnd.Nodes;
using Exeunt.EndToEnd.Support;

namespace Exeunt.EndToEnd.Durability;

/// <summary>The real process while its database is locked by another process, cannot grow or cannot be opened: everybody can leave, nothing of it is lost.</summary>
[TakesLong(seconds: 70)]
[UnsupportedOSPlatform("windows")] // signals and limits of Unix
public class OutageTests(ITestOutputHelper output)
{
    private const string Ada = "ada@example.com";
    private const string Password = "purple-otter-lantern-41";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly Dictionary<string, string?> Settings = new()
    {
        ["EXEUNT_ADMIN_EMAIL"] = Ada,
        ["EXEUNT_ADMIN_PASSWORD"] = Password,
        ["Exeunt__Tokens__Lifetime"] = "24:00:00",
        ["Exeunt__Sessions__PerAccount"] = "100000",
        ["Exeunt__Journal__Megabytes"] = "1",
    };

    [Fact]
    public async Task P1_a_locked_database_a_kill_and_a_restart_without_it_lose_no_logout()
    {
        using var folder = new TemporaryFolder();
        var data = Path.Combine(folder.Path, "data");
        var random = Races.Seeded(output);
        var gone = new List<Requests.Session>();
        Requests.Session staying;
        await using (var server = await ExeuntProcess.ServeAsync(data, Settings))
        {
            staying = await Requests.SignInAsync(server, Ada, Password);
            await server.StopAsync();
        }

        for (var round = 0; round < (Races.Long ? 20 : 3); round++)
        {
            Requests.Session[] leaving;
            Lock locked;
            await using (var server = await ExeuntProcess.ServeAsync(data, Settings))
            {
                leaving = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Requests.SignInAsync(server, Ada, Password)));
                locked = await Lock.TakeAsync(data);
                await Task.WhenAll(leaving[..(1 + random.Next(4))].Select(async one =>
                {
                    Assert.NotNull(await LogoutAsync(server, one));
                    lock (gone) gone.Add(one);
                }));
                foreach (var one in gone) Assert.Equal(HttpStatusCode.Unauthorized, await Requests.MeAsync(server, one.Access));
                Assert.Equal(HttpStatusCode.ServiceUnavailable, await Requests.SignInStatusAsync(server, Ada, Password));
                await server.KillAsync();
            }

            await using (var server = await ExeuntProcess.ServeAsync(data, Settings))
            {
                // Started while the database is still locked.
                foreach (var one in gone) Assert.Equal(HttpStatusCode.Unauthorized, await Requests.MeAsync(server, one.Access));
                Assert.NotNull(await LogoutAsync(server, leaving[^1]));
                gone.Add(leaving[^1]);
                Assert.Contains("not in the ledger yet", (await ExeuntProcess.RunAsync(["doctor", "--data", data])).Output);
                await locked.DisposeAsync();
                await server.ReadyAsync();

                foreach (var one in gone)
                {
                    Assert.Equal(HttpStatusCode.Unauthorized, await Requests.MeAsync(server, one.Access));
                    Assert.Equal(HttpStatusCode.Unauthorized, (await Requests.RefreshAsync(server, one.Refresh)).Status);
                }

                Assert.Equal(HttpStatusCode.OK, await Requests.MeAsync(server, staying.Access));
                Assert.Equal(HttpStatusCode.OK, await Requests.SignInStatusAsync(server, Ada, Password));
                await server.StopAsync();
            }
        }

        await Trail.AssertRecordedOnceAsync(data, gone);
    }

    [Fact]
    public async Task P2_a_database_that_cannot_grow_takes_no_logout_and_the_journal_does()
    {
        using var folder = new TemporaryFolder();
        var data = Path.Combine(folder.Path, "data");
        await using var server = await ExeuntProcess.ServeAsync(data, Settings);
        var gone = new List<Requests.Session>();
        var leaving = new Queue<Requests.Session>();
        while (leaving.Count < 12 || new FileInfo(Path.Combine(data, "exeunt.db-wal")).Length < 256 * 1024) leaving.Enqueue(await Requests.SignInAsync(server, Ada, Password));

        // No file may grow or be written beyond this: the write-ahead log is past it, the journal is not.
        await server.LimitFilesAsync(131072);
        for (var i = 0; i < 6; i++)
        {
            gone.Add(leaving.Dequeue());
            Assert.NotNull(await LogoutAsync(server, gone[^1]));
        }

        // Now nothing can be written anywhere, and nothing is promised.
        await server.LimitFilesAsync(4096);
        using (var client = server.Client())
        {
            using var refused = await client.PostAsJsonAsync("api/v1/auth/logout", new { refresh_token = leaving.Peek().Refresh });
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        }

        Assert.Contains("LOGOUTS ARE BEING REFUSED", server.Output);
        Assert.NotEqual(HttpStatusCode.Unauthorized, await Requests.MeAsync(server, leaving.Peek().Access));

        await server.LimitFilesAsync(null);
        await server.ReadyAsync();
        Assert.Null(await LogoutAsync(server, leaving.Peek()));
        gone.Add(leaving.Dequeue());
        foreach (var one in gone) Assert.Equal(HttpStatusCode.Unauthorized, (await Requests.RefreshAsync(server, one.Refresh)).Status);
        Assert.Equal(HttpStatusCode.OK, (await Requests.RefreshAsync(server, leaving.Dequeue().Refresh)).Status);
        await server.StopAsync();
        await Trail.AssertRecordedOnceAsync(data, gone);
    }

    [Fact]
    public async Task P2_a_server_starts_without_its_database_and_finds_it_again_by_itself()
    {
        using var folder = new TemporaryFolder();
        var data = Path.Combine(folder.Path, "data");
        Requests.Session leaving;
        await using (var server = await ExeuntProcess.ServeAsync(data, Settings))
        {
            leaving = await Requests.SignInAsync(server, Ada, Password);
            await server.StopAsync();
        }

        var database = Path.Combine(data, "exeunt.db");
        File.Move(database, database + ".elsewhere");
        Directory.CreateDirectory(database); // what is there cannot be opened

        await using (var server = await ExeuntProcess.ServeAsync(data, Settings))
        {
            Assert.NotNull(await LogoutAsync(server, leaving));
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await Requests.RefreshAsync(server, leaving.Refresh)).Status);
            Directory.Delete(database);
            File.Move(database + ".elsewhere", database);
            await server.ReadyAsync();
            Assert.Equal(HttpStatusCode.Unauthorized, (await Requests.RefreshAsync(server, leaving.Refresh)).Status);
            await server.StopAsync();
        }

        await Trail.AssertRecordedOnceAsync(data, [leaving]);
    }

    // The warning, or null when the ledger has it.
    private static async Task<string?> LogoutAsync(ExeuntProcess server, Requests.Session session)
    {
        using var client = server.Client();
        using var response = await client.PostAsJsonAsync("api/v1/auth/logout", new { refresh_token = session.Refresh });
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        return answer.TryGetProperty("warning", out var warning) ? warning.GetString() : null;
    }

    /// <summary>Another process that holds the database's write lock until it is disposed of.</summary>
    private sealed class Lock : IAsyncDisposable
    {
        private readonly Process sqlite;

        private Lock(Process sqlite) => this.sqlite = sqlite;

        public static async Task<Lock> TakeAsync(string data)
        {
            var start = new ProcessStartInfo("sqlite3", [Path.Combine(data, "exeunt.db")]) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
            var shell = Process.Start(start)!;
            await shell.StandardInput.WriteLineAsync(".timeout 20000\nbegin exclusive;\nselect 'locked';");
            await shell.StandardInput.FlushAsync();
            Assert.Equal("locked", await shell.StandardOutput.ReadLineAsync().WaitAsync(Patience));
            return new(shell);
        }

        public async ValueTask DisposeAsync()
        {
            sqlite.StandardInput.Close(); // it rolls back and ends
            await sqlite.WaitForExitAsync().WaitAsync(Patience);
            sqlite.Dispose();
        }
    }
}
