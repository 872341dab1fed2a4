using System.Net;
using System.Text.Json;
using Exeunt.EndToEnd.Support;

namespace Exeunt.EndToEnd.Commands;

/// <summary>Commands beside a running server, over one ledger file: when a command returns, the very next request is judged by it.</summary>
[TakesLong(seconds: 65)]
public sealed class CommandTests : IAsyncLifetime
{
    private const string Ada = "ada@example.com";
    private const string Password = "purple-otter-lantern-41";

    private readonly TemporaryFolder folder = new();
    private ExeuntProcess server = null!;

    public async ValueTask InitializeAsync() => server = await ExeuntProcess.ServeAsync(
        folder.Path, new Dictionary<string, string?> { ["EXEUNT_ADMIN_EMAIL"] = Ada, ["EXEUNT_ADMIN_PASSWORD"] = Password });

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task P3_an_ended_session_is_refused_by_the_time_the_command_returns()
    {
        for (var round = 0; round < 3; round++)
        {
            var session = await Requests.SignInAsync(server, Ada, Password);
            Assert.Equal(HttpStatusCode.OK, await Requests.MeAsync(server, session.Access));

            await RunAsync(0, "sessions", "end", session.Id);

            Assert.Equal(HttpStatusCode.Unauthorized, await Requests.MeAsync(server, session.Access));
            Assert.Equal(HttpStatusCode.Unauthorized, (await Requests.RefreshAsync(server, session.Refresh)).Status);
        }
    }

    [Fact]
    public async Task A_slip_in_a_clients_name_is_warned_of_and_ends_nothing()
    {
        var session = await Requests.SignInAsync(server, Ada, Password);

        var said = await RunAsync(0, "sessions", "end", "--client", "no-such-client");

        Assert.Contains("No session of a client 'no-such-client' is known here", said);
        Assert.Contains("Ended 0 sessions", said);
        Assert.Equal(HttpStatusCode.OK, await Requests.MeAsync(server, session.Access));
    }

    [Fact]
    public async Task Omnes_counts_asks_and_ends_everyone()
    {
        var sessions = new[] { await Requests.SignInAsync(server, Ada, Password), await Requests.SignInAsync(server, Ada, Password) };

        Assert.Contains("nothing was ended", await RunAsync(1, "omnes")); // nobody is there to confirm
        Assert.Equal(HttpStatusCode.OK, await Requests.MeAsync(server, sessions[0].Access));

        var answer = JsonDocument.Parse(await RunAsync(0, "omnes", "--yes", "--json")).RootElement;
        Assert.Equal(2, answer.GetProperty("ended").GetInt64());
        foreach (var session in sessions) Assert.Equal(HttpStatusCode.Unauthorized, await Requests.MeAsync(server, session.Access));
    }

    [Fact]
    public async Task A_disabled_account_is_out_and_stays_out_until_it_is_enabled()
    {
        var session = await Requests.SignInAsync(server, Ada, Password);
        await RunAsync(0, "users", "disable", Ada);
        Assert.Equal(HttpStatusCode.Unauthorized, await Requests.MeAsync(server, session.Access));
        Assert.Equal(HttpStatusCode.Unauthorized, await Requests.SignInStatusAsync(server, Ada, Password));

        await RunAsync(0, "users", "enable", Ada);
        Assert.Equal(HttpStatusCode.OK, await Requests.SignInStatusAsync(server, Ada, Password));
        Assert.Equal(HttpStatusCode.Unauthorized, await Requests.MeAsync(server, session.Access));
    }

    [Fact]
    public async Task An_added_account_signs_in_with_the_password_that_was_shown()
    {
        var added = JsonDocument.Parse(await RunAsync(0, "users", "add", "grace@example.com", "--name", "Grace", "--json")).RootElement;
        Assert.Equal(HttpStatusCode.OK, await Requests.SignInStatusAsync(server, "grace@example.com", added.GetProperty("password").GetString()!));
        Assert.Contains("has an account", await RunAsync(1, "users", "add", "Grace@Example.com"));
        Assert.Contains("grace@example.com", await RunAsync(0, "users", "list", "grace"));
    }

    [Fact]
    public async Task Another_password_ends_the_sessions_of_the_old_one()
    {
        var session = await Requests.SignInAsync(server, Ada, Password);
        var said = await RunAsync(0, "users", "password", Ada);
        var password = said.Split("shown this once: ")[1].Trim();

        Assert.Equal(HttpStatusCode.Unauthorized, await Requests.MeAsync(server, session.Access));
        Assert.Equal(HttpStatusCode.Unauthorized, await Requests.SignInStatusAsync(server, Ada, Password));
        Assert.Equal(HttpStatusCode.OK, await Requests.SignInStatusAsync(server, Ada, password));

        var answer = JsonDocument.Parse(await RunAsync(0, "users", "password", Ada, "--json")).RootElement;
        Assert.Equal(1, answer.GetProperty("ended").GetInt64());
        Assert.Equal(HttpStatusCode.OK, await Requests.SignInStatusAsync(server, Ada, answer.GetProperty("password").GetString()!));
    }

    [Fact]
    public async Task A_revoked_key_takes_its_tokens_with_it_and_leaves_the_sessions()
    {
        var session = await Requests.SignInAsync(server, Ada, Password);
        var kid = JsonDocument.Parse(await RunAsync(0, "keys", "list", "--json")).RootElement.EnumerateArray()
            .Single(key => key.GetProperty("kind").GetString() == "signing").GetProperty("id").GetString()!;

        await RunAsync(0, "keys", "revoke", kid);

        Assert.Equal(HttpStatusCode.Unauthorized, await Requests.MeAsync(server, session.Access));
        var (status, renewed) = await Requests.RefreshAsync(server, session.Refresh);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(HttpStatusCode.OK, await Requests.MeAsync(server, renewed!.Access));
        Assert.Contains("The chain holds", await RunAsync(0, "audit", "verify"));
    }

    [Fact]
    public async Task JOSE15_a_rotated_key_is_published_by_the_running_server_at_once()
    {
        await RunAsync(0, "keys", "rotate");
        using var client = server.Client();
        using var keys = JsonDocument.Parse(await client.GetStringAsync(".well-known/jwks.json"));
        Assert.Equal(2, keys.RootElement.GetProperty("keys").GetArrayLength());
        Assert.Contains("waits for its time", await RunAsync(1, "keys", "rotate"));
    }

    [Fact]
    public async Task P2_keys_that_the_running_server_cannot_read_do_not_stop_it()
    {
        var session = await Requests.SignInAsync(server, Ada, Password);
        var other = await Requests.SignInAsync(server, Ada, Password);
        var inTheWay = Path.Combine(folder.Path, "keys", "lock");
        File.Delete(inTheWay);
        Directory.CreateDirectory(inTheWay); // as refused as a file that another user's command has made

        Assert.Contains("has not confirmed", await RunAsync(1, "sessions", "end", session.Id));
        Assert.Equal(HttpStatusCode.Unauthorized, await Requests.MeAsync(server, session.Access));
        await Requests.LogoutAsync(server, other.Refresh);
        Assert.Equal(HttpStatusCode.Unauthorized, await Requests.MeAsync(server, other.Access));

        Assert.Contains("Broken off", await RunAsync(1, "keys", "rotate"));
        Assert.False(server.HasExited);
        Directory.Delete(inTheWay);
        await RunAsync(0, "keys", "rotate");
    }

    [Fact]
    public async Task The_audit_trail_tells_and_proves_it()
    {
        var session = await Requests.SignInAsync(server, Ada, Password);
        await RunAsync(0, "sessions", "end", session.Id);

        var entries = JsonDocument.Parse(await RunAsync(0, "audit", "query", "--action", "session_ended", "--json")).RootElement.GetProperty("entries");
        Assert.Equal((session.Id, "admin", "operator"), (
            entries[0].GetProperty("session").GetString(), entries[0].GetProperty("reason").GetString(), entries[0].GetProperty("by").GetProperty("kind").GetString()));
        Assert.Contains("The chain holds", await RunAsync(0, "audit", "verify"));

        var file = Path.Combine(folder.Path, "audit.jsonl");
        await File.WriteAllTextAsync(file, "of last month");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        await RunAsync(0, "audit", "export", "--out", file);
        Assert.Contains(await File.ReadAllLinesAsync(file), line => line.Contains(session.Id, StringComparison.Ordinal));
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Contains("admin", await RunAsync(0, "audit", "report"));
    }

    [Fact]
    public async Task The_doctor_finds_a_healthy_server_healthy()
    {
        var findings = JsonDocument.Parse(await RunAsync(0, "doctor", "--json")).RootElement.EnumerateArray().ToList();
        Assert.DoesNotContain(findings, finding => finding.GetProperty("verdict").GetString() == "BAD");
        Assert.Contains(findings, finding => finding.GetProperty("detail").GetString() == "one is running on this folder");
    }

    [Fact]
    public async Task The_doctor_names_what_a_start_would_refuse()
    {
        var (exitCode, said) = await ExeuntProcess.RunAsync(["doctor", "--data", folder.Path, "--Exeunt:Tokens:Lifetime", "1s"]);
        Assert.Equal(1, exitCode);
        Assert.Contains("Exeunt:Tokens:Lifetime: 1s is not between 30s and 1d.", said);
    }

    [Theory]
    [InlineData("sessions", "end")]
    [InlineData("sessions", "end", "not-an-id")]
    [InlineData("sessions", "end", "--client", "a", "--issuer", "b")]
    [InlineData("sessions", "list", "--cursor", "made-up")]
    [InlineData("audit", "query", "--reason", "boredom")]
    [InlineData("audit", "query", "--action", "sesion_ended")]
    [InlineData("audit", "export", "--format", "xml")]
    [InlineData("audit", "verify", "--against", "a-hash-that-was-cut-off")]
    [InlineData("users", "add", "nobody")]
    [InlineData("keys", "melt")]
    public async Task What_is_asked_wrongly_is_refused_with_code_2_and_no_trace(params string[] arguments)
    {
        var said = await RunAsync(2, arguments);
        Assert.NotEqual("", said.Trim());
        Assert.DoesNotContain("   at ", said);
    }

    [Theory]
    [InlineData("'sesions' is not understood here; see: exeunt --help", "sesions", "list")]
    [InlineData("'melt' is not understood here; see: exeunt keys --help", "keys", "melt", "now")]
    [InlineData("'--port' is not understood here; see: exeunt serve --help", "serve", "--port", "8081")]
    public async Task A_slip_in_a_commands_name_is_answered_with_one_line_that_leads_on(string says, params string[] arguments) =>
        Assert.Equal((2, says), await ExeuntProcess.RunAsync(arguments));

    [Fact]
    public async Task Help_calls_the_command_what_people_type()
    {
        var (exitCode, said) = await ExeuntProcess.RunAsync(["sessions", "end", "--help"]);
        Assert.Equal(0, exitCode);
        Assert.Contains("exeunt sessions end [<session>] [options]", said);
        Assert.Equal(0, (await ExeuntProcess.RunAsync(["--version"])).ExitCode);
    }

    [Fact]
    public async Task A_slip_in_the_folders_name_does_not_look_like_an_empty_ledger()
    {
        var (exitCode, said) = await ExeuntProcess.RunAsync(["sessions", "list", "--data", Path.Combine(folder.Path, "dta")]);
        Assert.Equal(2, exitCode);
        Assert.Contains("there is no ledger in", said);
        Assert.False(Directory.Exists(Path.Combine(folder.Path, "dta")));
    }

    private async Task<string> RunAsync(int expected, params string[] arguments)
    {
        var takesData = arguments is not ["keys", "melt"];
        var (exitCode, said) = await ExeuntProcess.RunAsync(takesData ? [.. arguments, "--data", folder.Path] : arguments);
        Assert.True(exitCode == expected, $"exit code {exitCode}: {said}");
        return said;
    }
}
