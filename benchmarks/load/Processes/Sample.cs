using System.ComponentModel;
using System.Diagnostics;
using Exeunt.LoadBench.Peers;
using Exeunt.LoadBench.Prepared;

namespace Exeunt.LoadBench.Processes;

/// <summary>A sample that refuses ended sessions, started as its users start it: by its own <c>run</c>, which builds what is not built.</summary>
/// <param name="Name">What it is called in the tables.</param>
/// <param name="Folder">Its folder in <c>samples</c>.</param>
/// <param name="WhyNotAsync">Why it cannot be run here; null when it can.</param>
/// <param name="Scheme">What stands before the server's address when it is told.</param>
internal sealed record Sample(string Name, string Folder, Func<Bench, Task<string?>> WhyNotAsync, string Scheme = "http://")
{
    private static readonly string[] Pythons = ["python3", "/usr/bin/python3"];

    public static IReadOnlyList<Sample> All { get; } =
    [
        new("C#", "protected-api", _ => Task.FromResult<string?>(null)), // what it needs has built this program
        new("Express", "express-api", WhyNoExpressAsync),
        new("Flask", "flask-api", _ => Task.FromResult(Pythons.Any(HasFlask) ? null : "Flask is not installed")),
        new("nginx", "nginx", _ => Task.FromResult(Installed.Has("nginx", "/usr/sbin") ? null : "nginx is not installed"), Scheme: ""),
    ];

    /// <summary>Starts it beside a server, ready when it lets somebody in.</summary>
    /// <param name="bench">The run.</param>
    /// <param name="server">Whose endings it enforces.</param>
    /// <param name="client">The credentials it has there.</param>
    /// <param name="request">Somebody whose session goes on.</param>
    public Task<ServerProcess> StartAsync(Bench bench, ServerProcess server, (string Id, string Secret) client, byte[] request) => ServerProcess.StartScriptAsync(
        Path.Combine(bench.Root, "samples", Folder, "run"),
        address => new Dictionary<string, string>
        {
            ["PORT"] = $"{address.Port}",
            ["LISTEN"] = $"{address}", // nginx's, which has no credentials
            ["EXEUNT"] = $"{Scheme}{server.Address}",
            ["ISSUER"] = Kernel.Issuer,
            ["EXEUNT_CLIENT_ID"] = client.Id,
            ["EXEUNT_CLIENT_SECRET"] = client.Secret,
        },
        request);

    // Its own packages, and those that the guard is built with, which its run restores only when there are none.
    private static async Task<string?> WhyNoExpressAsync(Bench bench)
    {
        if (!Installed.Has("node")) return "Node.js is not installed";
        var web = Path.Combine(bench.Root, "web");
        return (Directory.Exists(Path.Combine(web, "node_modules")) ? null : await NodePackages.WhyNotAsync(bench, web))
            ?? await NodePackages.WhyNotAsync(bench, Path.Combine(bench.Root, "samples", "express-api"));
    }

    private static bool HasFlask(string python)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(python, ["-c", "import flask"]) { RedirectStandardError = true, UseShellExecute = false })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false; // there is no such program
        }
    }
}
