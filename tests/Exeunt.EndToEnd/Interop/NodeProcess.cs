using System.Diagnostics;
using System.Text.Json;
using Exeunt.EndToEnd.Support;

namespace Exeunt.EndToEnd.Interop;

/// <summary>Runs the programs of <c>tests/interop</c>: clients of other makers, in a process of their own.</summary>
internal static class NodeProcess
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2); // only a hanging process ever waits for it
    private static readonly SemaphoreSlim Installing = new(1);
    private static readonly string Folder = Path.Combine(Repository.Root, "tests", "interop");

    /// <summary>Runs one program with a JSON document as its input, and returns the JSON document it answers with.</summary>
    public static async Task<JsonDocument> AskAsync(string program, string command, object? input, CancellationToken ct)
    {
        await InstallAsync(ct);
        return JsonDocument.Parse(await RunAsync("node", [program, command], JsonSerializer.Serialize(input), ct));
    }

    /// <summary>Installs what the lock file names, unless that has been done.</summary>
    private static async Task InstallAsync(CancellationToken ct)
    {
        await Installing.WaitAsync(ct);
        try
        {
            // npm writes this file last, so an installation that was cut off is done again.
            if (!File.Exists(Path.Combine(Folder, "node_modules", ".package-lock.json")))
                await RunAsync("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"], input: "", ct);
        }
        finally
        {
            Installing.Release();
        }
    }

    private static async Task<string> RunAsync(string program, string[] arguments, string input, CancellationToken ct)
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(ct);
        giveUp.CancelAfter(Patience);
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Folder,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

        try
        {
            var answer = process.StandardOutput.ReadToEndAsync(giveUp.Token);
            var complaint = process.StandardError.ReadToEndAsync(giveUp.Token);
            await process.StandardInput.WriteAsync(input.AsMemory(), giveUp.Token);
            process.StandardInput.Close();
            await process.WaitForExitAsync(giveUp.Token);

            Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {await complaint}");
            return await answer;
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }
}
