using System.ComponentModel;
using System.Diagnostics;

namespace Exeunt.LoadBench.Peers;

/// <summary>Programs for Node.js with their packages, exactly as their lock files name them.</summary>
internal static class NodePackages
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Installs the packages of a folder, unless that has been done; why the folder's programs cannot be run, or null.</summary>
    public static async Task<string?> WhyNotAsync(Bench bench, string folder)
    {
        // npm writes this file last, so an installation that was cut off is done again.
        var done = new FileInfo(Path.Combine(folder, "node_modules", ".package-lock.json"));
        if (done.Exists && done.LastWriteTimeUtc >= File.GetLastWriteTimeUtc(Path.Combine(folder, "package-lock.json"))) return null;

        bench.Say($"Installing the packages of {Path.GetFileName(folder)}");
        try
        {
            using var npm = Process.Start(new ProcessStartInfo("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"])
            {
                WorkingDirectory = folder,
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var (said, complained) = (npm.StandardOutput.ReadToEndAsync(), npm.StandardError.ReadToEndAsync());
            await npm.WaitForExitAsync().WaitAsync(Patience);
            await Task.WhenAll(said, complained);
            return npm.ExitCode == 0 ? null : "its packages could not be restored from the registry";
        }
        catch (Win32Exception)
        {
            return "Node.js and npm are not installed";
        }
        catch (TimeoutException)
        {
            return "its packages could not be restored within five minutes";
        }
    }
}
