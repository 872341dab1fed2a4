using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Exeunt.EndToEnd.Support;

namespace Exeunt.EndToEnd.Durability;

/// <summary>P1 and P2, as the kernel sees it: between the request of a logout and its answer lies a sync that has returned, of the write-ahead log or of the journal.</summary>
public class SyncBeforeAnswerTests(ITestOutputHelper output)
{
    // As strace names a descriptor.
    private const string Log = "exeunt.db-wal>";
    private const string Journal = "ending.journal>";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(Log), InlineData(Journal)]
    public async Task P1_P2_the_sync_returns_before_the_answer_is_written(string file)
    {
        using var folder = new TemporaryFolder();
        var data = Path.Combine(folder.Path, "data");
        await using var server = await ExeuntProcess.ServeAsync(
            data, new Dictionary<string, string?> { ["Exeunt__Accounts__Registration"] = "open", ["Exeunt__Journal__Deadline"] = file == Journal ? "00:00:01" : "00:01:00" });
        using var client = server.Client();
        var refreshToken = await SignUpAsync(client);
        using var held = file == Journal ? LockedDatabase.Hold(Path.Combine(data, "exeunt.db")) : null;

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

        // The file is written, then its sync begins, then that returns: all of it between the request and the answer.
        output.WriteLine(string.Join('\n', calls[asked..answered]));
        var written = Array.FindIndex(calls, asked, call => call.Contains("write", StringComparison.Ordinal) && call.Contains(file, StringComparison.Ordinal));
        Assert.True(written > asked, $"nothing was written to {file}");
        var synced = Array.FindIndex(calls, written, call => call.Contains("sync(", StringComparison.Ordinal) && call.Contains(file, StringComparison.Ordinal));
        Assert.True(synced > written && ReturnOf(calls, synced) < answered, "the sync had not returned when the answer was written");
    }

    // A call that another thread's line cuts in two shows its result in a later line of the same thread: "17 <... fdatasync resumed>) = 0".
    private static int ReturnOf(string[] calls, int call)
    {
        var thread = calls[call].Split(' ')[0] + " ";
        var returned = calls[call].Contains("<unfinished", StringComparison.Ordinal)
            ? Array.FindIndex(calls, call, line => line.StartsWith(thread, StringComparison.Ordinal) && line.Contains("sync resumed", StringComparison.Ordinal))
            : call;
        Assert.True(returned >= 0 && calls[returned].TrimEnd().EndsWith("= 0", StringComparison.Ordinal), "the sync did not succeed");
        return returned;
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
        string[] arguments = ["-f", "-y", "-p", $"{processId}", "-s", "64", "-o", trace, "-e", "trace=fsync,fdatasync,recvfrom,recvmsg,read,sendto,sendmsg,write,writev,pwrite64"];
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
