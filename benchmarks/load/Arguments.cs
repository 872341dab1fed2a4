namespace Exeunt.LoadBench;

/// <summary>What was asked for.</summary>
/// <param name="Quick">Fewer and smaller rounds.</param>
/// <param name="Only">One measurement alone; null for all.</param>
/// <param name="Folder">Where data and programs lie; null for <c>artifacts/bench</c>.</param>
internal sealed record Arguments(bool Quick, string? Only, string? Folder)
{
    private static readonly string[] Measurements = ["primitives", "start", "logout-all", "group-commit", "nodes", "multitudes", "cleaning", "routes", "index", "guard", "peers", "footprint", "propagation", "browsers", "samples", "console"];

    private const string Usage = """
        usage: ./bench [--quick] [--only MEASUREMENT] [--data FOLDER]
          --quick   three small rounds
          --only    primitives, start, logout-all, group-commit, nodes, multitudes, cleaning, routes, index, guard, peers, footprint,
                    propagation, browsers, samples or console; docs/benchmarks stays as it is
          --data    a folder on the disk to measure; default: artifacts/bench
          ./bench --micro [arguments of BenchmarkDotNet] measures the revocation index in more detail instead
        What needs PostgreSQL, Redis, Chromium, Node.js, Flask or nginx is skipped by name where none is installed.
        The exit code is 0 when every goal is met, 1 when one is missed, and 2 when something could not be measured.
        """;

    /// <summary>Whether the documentation is written: only when everything was measured.</summary>
    public bool Writes => Only is null;

    /// <summary>Null, with the usage on the error channel, for what cannot be understood.</summary>
    public static Arguments? Read(string[] given)
    {
        var read = new Arguments(false, null, null);
        for (var i = 0; i < given.Length; i++)
        {
            switch (given[i])
            {
                case "--quick":
                    read = read with { Quick = true };
                    break;
                case "--only" when i + 1 < given.Length && Measurements.Contains(given[i + 1]):
                    read = read with { Only = given[++i] };
                    break;
                case "--data" when i + 1 < given.Length:
                    read = read with { Folder = Path.GetFullPath(given[++i]) };
                    break;
                default:
                    Console.Error.WriteLine(Usage);
                    return null;
            }
        }

        return read;
    }

    public Bench ToBench()
    {
        var root = Directory.GetCurrentDirectory(); // ./bench makes it the root of the repository
        var folder = Folder ?? Path.Combine(root, "artifacts", "bench");
        Directory.CreateDirectory(folder);
        return Quick ? new(3, 0.5, folder, root) : new(7, 1, folder, root);
    }
}
