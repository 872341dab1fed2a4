using System.Diagnostics;
using System.Net;
using System.Text.Json;

namespace Exeunt.LoadBench.Processes;

/// <summary>A real browser without a window, driven by a program in <c>web/scripts</c> that tells what it has measured: a line of JSON each.</summary>
internal static class RealBrowser
{
    private static readonly string[] Places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    /// <summary>What this machine lacks for it; null for nothing.</summary>
    public static string? Missing(Bench bench) =>
        Chromium is null ? "Chromium is not installed"
        : !Directory.Exists(Path.Combine(bench.Root, "web", "node_modules", "@playwright", "test")) ? "the packages of web/ are not installed (npm ci --prefix web)"
        : null;

    private static string? Chromium => Environment.GetEnvironmentVariable("EXEUNT_CHROMIUM") ?? Array.Find(Places, File.Exists);

    /// <summary>How long each thing took in each round, in milliseconds, in the order in which it was first told.</summary>
    /// <param name="bench">The run.</param>
    /// <param name="script">The program, such as <c>measure-console.mjs</c>.</param>
    /// <param name="server">Whose pages are opened.</param>
    /// <param name="password">That of the account it signs in to.</param>
    /// <param name="arguments">What the program is told besides the server's address and where the browser is.</param>
    /// <exception cref="InvalidOperationException">It could not measure.</exception>
    public static async Task<IReadOnlyList<(string What, List<double> Milliseconds)>> MeasureAsync(
        Bench bench, string script, IPEndPoint server, string password, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("node", [$"scripts/{script}", $"http://{server}", Chromium!, .. arguments])
        {
            WorkingDirectory = Path.Combine(bench.Root, "web"),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment["EXEUNT_BENCH_PASSWORD"] = password;
        using var browser = Process.Start(start)!;
        var complaints = browser.StandardError.ReadToEndAsync();
        var measured = new List<(string What, List<double> Milliseconds)>();
        while (await browser.StandardOutput.ReadLineAsync() is { } line)
        {
            using var told = JsonDocument.Parse(line);
            var (what, milliseconds) = (told.RootElement.GetProperty("what").GetString()!, told.RootElement.GetProperty("milliseconds").GetDouble());
            if (measured.FindIndex(known => known.What == what) is >= 0 and var at) measured[at].Milliseconds.Add(milliseconds);
            else measured.Add((what, [milliseconds]));
        }

        await browser.WaitForExitAsync();
        return browser.ExitCode == 0 && measured.Count > 0 ? measured : throw new InvalidOperationException($"{script} failed:\n{await complaints}");
    }
}
