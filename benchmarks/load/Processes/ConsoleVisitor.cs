using System.Diagnostics;
using System.Net;
using System.Text.Json;

namespace Exeunt.LoadBench.Processes;

/// <summary>A real browser without a window that opens the pages of the console, one after the other, by the program in <c>web/scripts</c>.</summary>
internal static class ConsoleVisitor
{
    private const string Script = "scripts/measure-console.mjs";

    private static readonly string[] Places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    /// <summary>What this machine lacks for it; null for nothing.</summary>
    public static string? Missing(Bench bench) =>
        Chromium is null ? "Chromium is not installed"
        : !Directory.Exists(Path.Combine(bench.Root, "web", "node_modules", "@playwright", "test")) ? "the packages of web/ are not installed (npm ci --prefix web)"
        : null;

    private static string? Chromium => Environment.GetEnvironmentVariable("EXEUNT_CHROMIUM") ?? Array.Find(Places, File.Exists);

    /// <summary>How long each page took in each round until its content stood there, in milliseconds, in the order of the visit.</summary>
    public static async Task<IReadOnlyList<(string Page, List<double> Milliseconds)>> VisitAsync(
        Bench bench, IPEndPoint server, string email, string password, string person, string session, int rounds)
    {
        var start = new ProcessStartInfo("node", [Script, $"http://{server}", Chromium!, email, person, session, $"{rounds}"])
        {
            WorkingDirectory = Path.Combine(bench.Root, "web"),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment["EXEUNT_BENCH_PASSWORD"] = password;
        using var visitor = Process.Start(start)!;
        var complaints = visitor.StandardError.ReadToEndAsync();
        var pages = new List<(string Page, List<double> Milliseconds)>();
        while (await visitor.StandardOutput.ReadLineAsync() is { } line)
        {
            using var told = JsonDocument.Parse(line);
            var (page, milliseconds) = (told.RootElement.GetProperty("page").GetString()!, told.RootElement.GetProperty("milliseconds").GetDouble());
            if (pages.FindIndex(known => known.Page == page) is >= 0 and var at) pages[at].Milliseconds.Add(milliseconds);
            else pages.Add((page, [milliseconds]));
        }

        await visitor.WaitForExitAsync();
        return visitor.ExitCode == 0 && pages.Count > 0 ? pages : throw new InvalidOperationException($"The console could not be visited:\n{await complaints}");
    }
}
