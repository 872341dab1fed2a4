using System.Diagnostics;
using Exeunt.EndToEnd.Support;

namespace Exeunt.EndToEnd.Durability;

/// <summary>A key that something was sealed with must outlast a power cut: not only the file's content is synced, but the folder that names it, too.</summary>
public class KeyFilesTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_new_secret_and_the_list_that_names_it_are_on_disk_before_they_are_told_of()
    {
        using var folder = new TemporaryFolder();
        var data = Path.Combine(folder.Path, "data");
        await using (await ExeuntProcess.ServeAsync(data))
        {
        }

        var calls = await TraceAsync(Path.Combine(folder.Path, "trace"), "keys", "rotate", "--secret", "--data", data);

        foreach (var file in (string[])["server-2.key", "keys.json"])
        {
            var renamed = Array.FindIndex(calls, call => call.Contains("rename", StringComparison.Ordinal) && call.Contains($"{file}\"", StringComparison.Ordinal));
            Assert.True(renamed >= 0, $"{file} was not put in its place");
            var told = Array.FindIndex(calls, call => call.Contains("write(", StringComparison.Ordinal) && call.Contains("secret 2: made", StringComparison.Ordinal));
            Assert.Contains(calls[renamed..told], call => call.Contains("fsync(", StringComparison.Ordinal) && call.Contains("/keys>", StringComparison.Ordinal));
        }
    }

    private static async Task<string[]> TraceAsync(string trace, params string[] arguments)
    {
        // -y: with the path of every descriptor.
        string[] strace = ["-f", "-y", "-s", "64", "-o", trace, "-e", "trace=rename,renameat,renameat2,fsync,write", ExeuntProcess.Executable, .. arguments];
        using var command = Process.Start(new ProcessStartInfo("strace", strace) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        var said = await command.StandardOutput.ReadToEndAsync().WaitAsync(Patience);
        await command.WaitForExitAsync().WaitAsync(Patience);
        Assert.True(command.ExitCode == 0, said);
        return await File.ReadAllLinesAsync(trace);
    }
}
