using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Exeunt.EndToEnd.Support;

namespace Exeunt.EndToEnd.Durability;

/// <summary>P1, as the kernel sees it: between the request of a logout and its answer lies a sync of the write-ahead log that has returned.</summary>
public class SyncBeforeAnswerTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task P1_the_sync_returns_before_the_answer_is_written()
    {
        using var folder = new TemporaryFolder();
        await using var server = await ExeuntProcess.ServeAsync(Path.Combine(folder.Path, "data"), new Dictionary<string, string?> { ["Exeunt__Accounts__Registration"] = "open" });
        using var client = server.Client();
        var refreshToken = await SignUpAsync(client);

        var trace = Path.Combine(folder.Path, "trace");
        using (var strace = await AttachAsync(server.Id, trace))
        {
            using var logout = await client.PostAsJsonAsync("api/v1/auth/logout", new { refresh_token = refreshToken });
            Assert.Equal(HttpStatusCode.OK, logout.StatusCode);
            await StopAsync(strace);
        }

        var calls = await File.ReadAllLinesAsync(trace);
        var asked = Array.FindIndex(calls, call => call.Contains("POST /api/v1/auth/logout", StringComparison.Ordinal));
        var answered = Array.FindIndex(calls, call => call.Contains("HTTP/1.1 200", StringComparison.Ordinal));
        Assert.True(asked >= 0 && answered > asked, string.Join('\n', calls.Take(200)));

        // A call that another thread's line cuts in two shows its result in a later line of its own: "<... fdatasync resumed>) = 0".
        var between = calls[asked..answered];
        output.WriteLine(string.Join('\n', between.Where(call => call.Contains("sync", StringComparison.Ordinal))));
        Assert.Contains(between, call => call.Contains("sync", StringComparison.Ordinal) && call.TrimEnd().EndsWith("= 0", StringComparison.Ordinal));
    }

    private static async Task<string> SignUpAsync(HttpClient client)
    {
        var account = new { email = "ada@example.com", password = "purple-otter-lantern-41" };
        using (var registered = await client.PostAsJsonAsync("api/v1/auth/register", account)) Assert.Equal(HttpStatusCode.Created, registered.StatusCode);
        using var login = await client.PostAsJsonAsync("api/v1/auth/login", account);
        return (await login.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("refresh_token").GetString()!;
    }

    private static async Task<Process> AttachAsync(int processId, string trace)
    {
        string[] arguments = ["-f", "-p", $"{processId}", "-s", "64", "-o", trace, "-e", "trace=fsync,fdatasync,recvfrom,recvmsg,read,sendto,sendmsg,write,writev"];
        var strace = Process.Start(new ProcessStartInfo("strace", arguments) { RedirectStandardError = true, UseShellExecute = false })!;
        for (var line = await FirstLineAsync(); ; line = await FirstLineAsync())
        {
            Assert.True(line is not null, "strace could not attach to the server");
            if (line.Contains("attached", StringComparison.Ordinal)) return strace;
        }

        async Task<string?> FirstLineAsync() => await strace.StandardError.ReadLineAsync().WaitAsync(Patience);
    }

    private static async Task StopAsync(Process strace)
    {
        using (var interrupt = Process.Start("kill", ["-INT", $"{strace.Id}"])) await interrupt.WaitForExitAsync();
        await strace.WaitForExitAsync().WaitAsync(Patience);
    }
}
