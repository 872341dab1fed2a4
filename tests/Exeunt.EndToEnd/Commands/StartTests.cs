using System.Net;
using System.Net.Sockets;
using Exeunt.EndToEnd.Support;

namespace Exeunt.EndToEnd.Commands;

/// <summary>Mistakes stop the start of the real process with one line each, exit code 2 and no stack trace.</summary>
public class StartTests
{
    [Fact]
    public async Task Every_mistake_is_named_at_once_and_nothing_is_made()
    {
        using var folder = new TemporaryFolder();
        var data = Path.Combine(folder.Path, "data");
        var (exitCode, said) = await ServeAsync(
            data, "--urls", "https://127.0.0.1:0", "--Exeunt:Tokens:Lifetime", "soon", "--set", "Server:Issuer=nowhere", "--Exeunt:Sessions:Idel=1d");

        Assert.Equal(2, exitCode);
        Assert.Equal(
            ["--urls", "Exeunt:Server:Issuer", "Exeunt:Sessions:Idel", "Exeunt:Tokens:Lifetime"],
            said.Split('\n').Select(line => line[..line.IndexOf(": ", StringComparison.Ordinal)]).Order(StringComparer.Ordinal));
        Assert.False(Directory.Exists(data));
    }

    [Theory]
    [InlineData("Exeunt__Nonsense", "1", "Exeunt:Nonsense: there is no such setting")]
    [InlineData("Exeunt__Providers__0__Secret", "hunter2", "Exeunt:Providers:0:Secret: is too short")]
    [InlineData("EXEUNT_ADMIN_EMAIL", "nobody", "EXEUNT_ADMIN_EMAIL: 'nobody' is not an e-mail address")]
    [InlineData("EXEUNT_ADMIN_PASSWORD", "short", "EXEUNT_ADMIN_PASSWORD: give 8 to 256 characters")]
    public async Task The_environment_is_checked(string name, string value, string says)
    {
        using var folder = new TemporaryFolder();
        var environment = new Dictionary<string, string?> // in which nothing else is wrong
        {
            ["Exeunt__Providers__0__Name"] = "shop",
            ["Exeunt__Providers__0__Kind"] = "jwt",
            ["Exeunt__Providers__0__Issuer"] = "https://shop.example.com",
            ["Exeunt__Providers__0__Secret"] = "a-secret-of-these-tests-and-of-nobody-else",
            [name] = value,
        };
        var said = await AssertRefusedAsync(folder.Path, says, environment);
        Assert.StartsWith(name.Replace("__", ":", StringComparison.Ordinal), said);
        Assert.DoesNotContain("hunter2", said);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_named()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "file");
        await File.WriteAllTextAsync(file, "in the way");
        await AssertRefusedAsync(Path.Combine(file, "data"), $"--data: {file}");
    }

    [Fact]
    public async Task A_folder_that_others_may_write_to_is_refused()
    {
        using var folder = new TemporaryFolder();
        File.SetUnixFileMode(folder.Path, (UnixFileMode)0b111_111_111);
        await AssertRefusedAsync(folder.Path, "chmod 700");
    }

    [Fact]
    public async Task A_memory_file_that_cannot_be_written_is_named()
    {
        using var folder = new TemporaryFolder();
        await AssertRefusedAsync(Path.Combine(folder.Path, "data"), $"--state: {folder.Path} cannot be written", "--state", folder.Path);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named()
    {
        using var folder = new TemporaryFolder();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var taken = $"http://127.0.0.1:{((IPEndPoint)other.LocalEndpoint).Port}";
        var said = await AssertRefusedAsync(Path.Combine(folder.Path, "data"), "in use by another program", "--urls", taken, "--log", "json");
        Assert.StartsWith($"--urls: {taken}", said);
    }

    [Fact]
    public async Task A_first_start_on_a_port_that_is_taken_decides_on_no_issuer()
    {
        using var folder = new TemporaryFolder();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        Assert.Equal(2, (await ServeAsync(folder.Path, "--urls", $"http://127.0.0.1:{((IPEndPoint)other.LocalEndpoint).Port}")).ExitCode);

        await using var server = await ExeuntProcess.ServeAsync(folder.Path, null, "--Exeunt:Server:Issuer", "https://login.example.com");
        Assert.Contains("issuer https://login.example.com", server.Output);
    }

    [Fact]
    public async Task A_first_start_on_any_free_port_names_a_real_one_as_issuer_which_later_starts_keep_and_say_so()
    {
        using var folder = new TemporaryFolder();
        string issuer;
        await using (var first = await ExeuntProcess.ServeAsync(folder.Path))
        {
            issuer = first.Address.GetLeftPart(UriPartial.Authority);
            Assert.NotEqual(0, first.Address.Port);
            Assert.Contains($"issuer {issuer}. ", first.Output);
            Assert.Equal(0, await first.StopAsync());
        }

        using var taken = new TcpListener(IPAddress.Loopback, new Uri(issuer).Port);
        taken.Start();
        await using var second = await ExeuntProcess.ServeAsync(folder.Path);
        Assert.Contains($"issuer {issuer}, which the accounts of this ledger were made under. ", second.Output);
    }

    [Fact]
    public async Task A_name_that_would_listen_on_every_address_is_refused()
    {
        using var folder = new TemporaryFolder();
        var (exitCode, said) = await ServeAsync(Path.Combine(folder.Path, "data"), "--urls", "http://login.example.com:8080");
        Assert.Equal(2, exitCode);
        Assert.Equal(
            "--urls: http://login.example.com:8080 names login.example.com, which would listen on every address; write an IP address of this machine or localhost, or * if you mean every one.", said);
    }

    [Fact]
    public async Task A_setting_without_a_value_does_not_swallow_the_next_option()
    {
        using var folder = new TemporaryFolder();
        var (exitCode, said) = await ExeuntProcess.RunAsync(["serve", "--Exeunt:Server:Issuer", "--data", folder.Path]);
        Assert.Equal((2, "--Exeunt:Server:Issuer: has no value."), (exitCode, said));
    }

    [Fact]
    public async Task A_demonstration_is_made_once_and_says_so()
    {
        using var folder = new TemporaryFolder();
        await using (var first = await ExeuntProcess.ServeAsync(folder.Path, null, "--demo"))
        {
            await first.SaysAsync("Demonstration accounts: ada@example.com");
            var address = first.Address.ToString().TrimEnd('/');
            Assert.Contains($"listens on {address}, issuer {address}.", first.Output, StringComparison.Ordinal); // a port of its own choice stays the one of the past
            Assert.Equal(0, await first.StopAsync());
        }

        // A week of life, in a chain that holds: seven days and what of them belongs to an eighth, the head and the total.
        string[] data = ["--data", folder.Path];
        Assert.Equal(0, (await ExeuntProcess.RunAsync(["audit", "verify", .. data])).ExitCode);
        var (_, report) = await ExeuntProcess.RunAsync(["audit", "report", "--group", "day", .. data]);
        Assert.InRange(report.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length, 9, 10);

        await using var second = await ExeuntProcess.ServeAsync(folder.Path, null, "--demo");
        await second.SaysAsync("--demo: the ledger is not a new one");
        Assert.DoesNotContain("Demonstration accounts", second.Output);
    }

    [Fact]
    public async Task A_server_that_listens_everywhere_must_be_told_its_issuer()
    {
        using var folder = new TemporaryFolder();
        var (exitCode, said) = await ServeAsync(Path.Combine(folder.Path, "data"), "--urls", "http://*:0");
        Assert.Equal((2, true), (exitCode, said.StartsWith("Exeunt:Server:Issuer: must be given", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Two_servers_on_one_folder_are_noticed()
    {
        using var folder = new TemporaryFolder();
        await using var first = await ExeuntProcess.ServeAsync(folder.Path);
        await AssertRefusedAsync(folder.Path, "another server is running");
        Assert.False(first.HasExited);
    }

    [Fact]
    public async Task Accounts_of_another_issuer_are_not_disowned_without_a_word()
    {
        using var folder = new TemporaryFolder();
        await using (await ExeuntProcess.ServeAsync(folder.Path))
        {
        }

        await AssertRefusedAsync(folder.Path, "Exeunt:Server:Issuer: is https://login.example.com, but", "--Exeunt:Server:Issuer", "https://login.example.com");
    }

    [Fact]
    public async Task A_first_start_makes_an_administrator_and_shows_the_password_once()
    {
        using var folder = new TemporaryFolder();
        var data = Path.Combine(folder.Path, "data");
        string password;
        await using (var first = await ExeuntProcess.ServeAsync(data))
        {
            password = first.Output.Split('\n').Single(line => line.StartsWith("Password, shown this once: ", StringComparison.Ordinal))["Password, shown this once: ".Length..];
            Assert.Equal(HttpStatusCode.OK, await Requests.SignInStatusAsync(first, "admin@localhost", password));
            Assert.Equal(0, await first.StopAsync());
        }

        await using var second = await ExeuntProcess.ServeAsync(data);
        Assert.DoesNotContain("Password", second.Output);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(data));
        foreach (var file in Directory.EnumerateFiles(data, "*", SearchOption.AllDirectories))
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Fact]
    public async Task The_administrator_can_be_given_by_the_environment()
    {
        using var folder = new TemporaryFolder();
        var environment = new Dictionary<string, string?> { ["EXEUNT_ADMIN_EMAIL"] = "root@example.com", ["EXEUNT_ADMIN_PASSWORD"] = "purple-otter-lantern-41" };
        await using var server = await ExeuntProcess.ServeAsync(folder.Path, environment);
        Assert.Equal(HttpStatusCode.OK, await Requests.SignInStatusAsync(server, "root@example.com", "purple-otter-lantern-41"));
        Assert.DoesNotContain("purple-otter", server.Output);
    }

    private static Task<string> AssertRefusedAsync(string data, string says, params string[] arguments) => AssertRefusedAsync(data, says, [], arguments);

    // Exactly one line, which is given: so neither a second complaint nor a stack trace.
    private static async Task<string> AssertRefusedAsync(string data, string says, Dictionary<string, string?> environment, params string[] arguments)
    {
        string[] urls = arguments.Contains("--urls") ? [] : ["--urls", "http://127.0.0.1:0"];
        var (exitCode, said) = await ExeuntProcess.RunAsync(["serve", "--data", data, .. urls, .. arguments], environment);
        Assert.Equal(2, exitCode);
        Assert.Contains(says, said);
        Assert.DoesNotContain('\n', said);
        return said;
    }

    private static Task<(int ExitCode, string Output)> ServeAsync(string data, params string[] arguments) => ExeuntProcess.RunAsync(["serve", "--data", data, .. arguments]);
}
