using System.Runtime.InteropServices;
using Exeunt.Sqlite;

namespace Exeunt.LoadBench.Results;

/// <summary>What was measured on, without a name or a path.</summary>
internal static class Machine
{
    public static string Describe(Bench bench, string? postgres)
    {
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1024.0 * 1024 * 1024);
        var disk = new DriveInfo(bench.Folder).DriveFormat;
        return $"{Processor()}, {Environment.ProcessorCount} cores shared with the load generator, {memory:0} GiB of memory, data on {disk}, " +
            $"{System()}, .NET {Environment.Version}, SQLite {SqliteLedger.EngineDescription}{(postgres is null ? "" : $", {postgres}")}";
    }

    private static string Processor() => Line("/proc/cpuinfo", "model name") is { } name ? name.TrimStart('\t', ' ', ':') : $"{RuntimeInformation.ProcessArchitecture}";

    private static string System() => Line("/etc/os-release", "PRETTY_NAME=") is { } name ? name.Trim('"') : RuntimeInformation.OSDescription;

    private static string? Line(string file, string start) =>
        File.Exists(file) ? File.ReadLines(file).FirstOrDefault(line => line.StartsWith(start, StringComparison.Ordinal))?[start.Length..] : null;
}
