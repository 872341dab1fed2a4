using System.Diagnostics;
using Exeunt.EndToEnd.Support;

namespace Exeunt.EndToEnd.Contracts;

/// <summary>The template contract's client as a shell script, against the real process.</summary>
public sealed class TemplateCurlTests
{
    private const string Email = "ada@example.com";
    private const string Password = "purple-otter-lantern-41";

    [Fact]
    public async Task A_client_that_is_nothing_but_curl_logs_in_logs_out_and_sees_the_profile_refused()
    {
        using var folder = new TemporaryFolder();
        var environment = new Dictionary<string, string?> { ["EXEUNT_ADMIN_EMAIL"] = Email, ["EXEUNT_ADMIN_PASSWORD"] = Password };
        await using var server = await ExeuntProcess.ServeAsync(Path.Combine(folder.Path, "data"), environment);

        var start = new ProcessStartInfo("sh", [Path.Combine(AppContext.BaseDirectory, "Contracts", "template.sh"), server.Address.ToString(), Email, Password])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var script = Process.Start(start)!;
        var said = script.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var complained = script.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await script.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(("logged in, logged out, refused\n", ""), (await said, await complained));
        Assert.Equal(0, script.ExitCode);
    }
}
