using System.Diagnostics;

namespace Exeunt.LoadBench.Processes;

/// <summary>The programs that are measured, published afresh, all in the same way.</summary>
/// <param name="Server">The server.</param>
/// <param name="Empty">An empty ASP.NET Core app.</param>
/// <param name="Api">An API that is protected as it is told.</param>
internal sealed record Programs(string Server, string Empty, string Api)
{
    public static async Task<Programs> PublishAsync(Bench bench)
    {
        var empty = await PublishAsync(bench, "benchmarks/empty", "empty");
        var server = await PublishAsync(bench, "src/Exeunt.Server", "server");
        return new(server, empty, await PublishAsync(bench, "benchmarks/api", "api"));
    }

    /// <summary>The server on a data folder, ready.</summary>
    public Task<ServerProcess> ServeAsync(Prepared.DataFolder folder) =>
        ServerProcess.StartAsync(Server, address => ["serve", "--urls", address, "--data", folder.Path], "/readyz", folder.Environment);

    /// <summary>The empty app, ready.</summary>
    public Task<ServerProcess> ServeEmptyAsync() => ServerProcess.StartAsync(Empty, _ => [], "/");

    /// <summary>Publishes one project; the executable.</summary>
    /// <exception cref="InvalidOperationException">It does not build.</exception>
    public static async Task<string> PublishAsync(Bench bench, string project, string name)
    {
        bench.Say($"Publishing {project}");
        var folder = Path.Combine(bench.Folder, name);
        var start = new ProcessStartInfo("dotnet", ["publish", project, "-c", "Release", "-o", folder, "--nologo", "-v", "quiet"])
        {
            WorkingDirectory = bench.Root,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        using var publish = Process.Start(start)!;
        var said = await publish.StandardOutput.ReadToEndAsync();
        await publish.WaitForExitAsync();
        if (publish.ExitCode != 0) throw new InvalidOperationException($"dotnet publish {project} failed:\n{said}");

        // The one file that starts: beside it lies a library of the same name.
        return Directory.GetFiles(folder, "*.runtimeconfig.json").Select(file => file[..^".runtimeconfig.json".Length]).Single();
    }
}
