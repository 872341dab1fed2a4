using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Runtime.Versioning;
using System.Text.Json;
using Exeunt.EndToEnd.Commands;
using Exeunt.EndToEnd.Support;

namespace Exeunt.EndToEnd.Durability;

/// <summary>P2: the real process while its database cannot be written. Who asks to leave is told the truth, and served as soon as it can be written again.</summary>
[UnsupportedOSPlatform("windows")] // file modes
public sealed class DiskTroubleTests : IAsyncLifetime
{
    private const string Ada = "ada@example.com";
    private const string Password = "purple-otter-lantern-41";

    private static readonly string[] InternalWords = ["/data", "exeunt.db", "Sqlite", "Exception", " at ", "disk"];

    private readonly TemporaryFolder folder = new();
    private ExeuntProcess server = null!;

    private string Data => Path.Combine(folder.Path, "data");

    private string Wal => Path.Combine(Data, "exeunt.db-wal");

    public async ValueTask InitializeAsync() =>
        server = await ExeuntProcess.ServeAsync(Data, new Dictionary<string, string?> { ["EXEUNT_ADMIN_EMAIL"] = Ada, ["EXEUNT_ADMIN_PASSWORD"] = Password });

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task P2_without_room_on_the_disk_no_contract_lies_and_all_work_again_when_there_is_room()
    {
        var session = await Requests.SignInAsync(server, Ada, Password);
        var template = await TemplateSignInAsync();

        await server.LimitFilesAsync(4096);
        await AssertHonestAsync(session, template);
        await AssertRefusedAsync(HttpMethod.Post, "api/v1/auth/login", null, new { email = Ada, password = Password });
        Assert.False(server.HasExited);

        await server.LimitFilesAsync(null);
        await AssertLeavesAsync(session);
        Assert.Equal(0, await server.StopAsync());
        var (exitCode, said) = await ExeuntProcess.RunAsync(["audit", "verify", "--data", Data]);
        Assert.True(exitCode == 0, said);

        // What was cut short has left nothing behind.
        await using var again = await ExeuntProcess.ServeAsync(Data);
        Assert.DoesNotContain("damaged", again.Output, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, await Requests.MeAsync(again, session.Access));
    }

    [Fact]
    public async Task P2_a_database_that_another_process_keeps_locked_is_said_and_waited_for_no_longer_than_it_lasts()
    {
        var session = await Requests.SignInAsync(server, Ada, Password);

        using (LockedDatabase.Hold(Path.Combine(Data, "exeunt.db")))
        {
            using (var client = server.Client())
            {
                var many = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => client.PostAsJsonAsync("api/v1/auth/logout", new { refresh_token = session.Refresh })));
                Assert.All(many, taken => Assert.Equal(HttpStatusCode.OK, taken.StatusCode));
            }

            await AssertJournaledAsync(session);
        }

        await AssertRecordedAsync(session);
    }

    [Fact]
    public async Task P2_a_file_that_became_read_only_is_said_and_the_first_logout_after_it_is_writable_again_is_recorded()
    {
        var session = await Requests.SignInAsync(server, Ada, Password);
        Assert.SkipUnless(await ProtectAsync(true), "This file system cannot protect a file against this user.");
        try
        {
            // The server notices when it opens the file anew, which it does after a fault.
            await server.LimitFilesAsync(4096);
            await AssertRefusedAsync(HttpMethod.Post, "api/v1/auth/logout", null, new { refresh_token = session.Refresh });
            await server.LimitFilesAsync(null);

            await AssertJournaledAsync(session);
        }
        finally
        {
            await ProtectAsync(false);
        }

        await AssertRecordedAsync(session);
    }

    // Every way to leave, asked while nothing can be recorded: none of them says that it was done, and the session goes on as it was.
    private async Task AssertHonestAsync(Requests.Session session, string template)
    {
        await Task.WhenAll(
            AssertRefusedAsync(HttpMethod.Post, "api/v1/auth/logout", null, new { refresh_token = session.Refresh }),
            AssertRefusedAsync(HttpMethod.Post, "api/v1/auth/logout-all", session.Access),
            AssertRefusedAsync(HttpMethod.Post, "auth/logout", session.Access),
            AssertRefusedAsync(HttpMethod.Delete, "api/v1/sessions/current", session.Access),
            AssertWarnsAsync(HttpMethod.Post, "api/auth/logout", template),
            AssertWarnsAsync(HttpMethod.Delete, "v1/auth/session", session.Access));
        Assert.Equal(HttpStatusCode.OK, await Requests.MeAsync(server, session.Access));
    }

    private async Task AssertRefusedAsync(HttpMethod method, string path, string? token, object? body = null)
    {
        var (status, text) = await SendAsync(method, path, token, body);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Contains("urn:exeunt:problem:ledger-unavailable", text, StringComparison.Ordinal);
        Assert.All(InternalWords, word => Assert.DoesNotContain(word, text, StringComparison.Ordinal));
    }

    private async Task AssertWarnsAsync(HttpMethod method, string path, string token)
    {
        var (status, text) = await SendAsync(method, path, token, null);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Contains("not recorded", JsonDocument.Parse(text).RootElement.GetProperty("warning").GetString(), StringComparison.Ordinal);
        Assert.All(InternalWords, word => Assert.DoesNotContain(word, text, StringComparison.Ordinal));
    }

    // The journal takes what the database cannot: said in the answer, and enforced at once.
    private async Task AssertJournaledAsync(Requests.Session session)
    {
        var (status, text) = await SendAsync(HttpMethod.Post, "api/v1/auth/logout", null, new { refresh_token = session.Refresh });
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.NotNull(JsonDocument.Parse(text).RootElement.GetProperty("warning").GetString());
        Assert.Equal(HttpStatusCode.Unauthorized, await Requests.MeAsync(server, session.Access));
    }

    private async Task AssertLeavesAsync(Requests.Session session)
    {
        await Requests.LogoutAsync(server, session.Refresh);
        await AssertRecordedAsync(session);
    }

    private async Task AssertRecordedAsync(Requests.Session session)
    {
        await server.SaysAsync("The ledger is back");
        Assert.Equal(HttpStatusCode.Unauthorized, await Requests.MeAsync(server, session.Access));
        Assert.Equal(HttpStatusCode.Unauthorized, (await Requests.RefreshAsync(server, session.Refresh)).Status);
    }

    private async Task<string> TemplateSignInAsync()
    {
        var (status, text) = await SendAsync(HttpMethod.Post, "api/auth/login", null, new { email = Ada, password = Password });
        Assert.Equal(HttpStatusCode.OK, status);
        return JsonDocument.Parse(text).RootElement.GetProperty("token").GetString()!;
    }

    private async Task<(HttpStatusCode Status, string Text)> SendAsync(HttpMethod method, string path, string? token, object? body)
    {
        using var client = server.Client();
        using var request = new HttpRequestMessage(method, path);
        if (token is not null) request.Headers.Authorization = new("Bearer", token);
        if (body is not null) request.Content = JsonContent.Create(body);
        using var answer = await client.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    // The privileged user is not stopped by modes, but by the attribute.
    private async Task<bool> ProtectAsync(bool isProtected)
    {
        if (Environment.IsPrivilegedProcess) return await RunAsync("chattr", isProtected ? "+i" : "-i", Wal) == 0;
        File.SetUnixFileMode(Wal, isProtected ? UnixFileMode.UserRead : UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return true;
    }

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, UseShellExecute = false })!;
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
