using System.Net.Sockets;
using Exeunt.LoadBench;
using Exeunt.LoadBench.Measures;
using Exeunt.LoadBench.Prepared;
using Exeunt.LoadBench.Processes;
using Exeunt.LoadBench.Results;
using Npgsql;

if (args is [Variant.Command, var address, var data, var largestBatch])
{
    await Variant.RunAsync(address, data, int.Parse(largestBatch));
    return 0;
}

if (Arguments.Read(args) is not { } arguments) return 2;

var bench = arguments.ToBench();
var findings = Findings.None;
await using var databases = new Databases(bench);
var published = new Lazy<Task<Programs>>(() => Programs.PublishAsync(bench));
var measures = new Dictionary<string, Func<Task<Findings>>>
{
    ["primitives"] = () => Task.FromResult(Primitives.Measure(bench)),
    ["start"] = async () => await Start.MeasureAsync(bench, await published.Value),
    ["logout-all"] = async () => await LogoutAll.MeasureAsync(bench, await published.Value),
    ["group-commit"] = async () => await GroupCommit.MeasureAsync(bench, databases) + await GroupCommitOverHttp.MeasureAsync(bench, databases),
    ["nodes"] = () => ThreeNodes.MeasureAsync(bench, databases, published),
    ["multitudes"] = () => Multitudes.MeasureAsync(bench, databases, published),
    ["cleaning"] = () => Cleaning.MeasureAsync(bench, databases, published),
    ["routes"] = async () => await Routes.MeasureAsync(bench, await published.Value),
    ["index"] = () => Task.FromResult(IndexCheck.Measure(bench)),
    ["guard"] = async () => await Guarded.MeasureAsync(bench, databases, await published.Value) + await GuardStart.MeasureAsync(bench, await published.Value),
    ["browsers"] = async () => await TwoBrowsers.MeasureAsync(bench, await published.Value),
    ["samples"] = async () => await Samples.MeasureAsync(bench, await published.Value),
    ["console"] = () => ConsolePages.MeasureAsync(bench, databases, published),
    ["peers"] = async () => await SideBySide.MeasureAsync(bench, databases, await published.Value) + (arguments.Only is null ? Findings.None : Primitives.Measure(bench)),
    ["footprint"] = async () => await Footprint.MeasureAsync(bench, await published.Value),
    ["propagation"] = async () => await Propagation.MeasureAsync(bench, await published.Value),
};
foreach (var (name, measure) in measures)
{
    if (arguments.Only is not null && arguments.Only != name) continue;
    try
    {
        findings += await measure();
    }
    catch (Exception failure) when (failure is InvalidOperationException or InvalidDataException or IOException or SocketException or TimeoutException or NpgsqlException)
    {
        // A program that does not build or start, or an answer that is wrong: of this nothing was measured, of the others it was.
        Console.Error.WriteLine(failure.Message);
        findings += Findings.NotMeasured(name);
    }
}

var machine = Machine.Describe(bench, await databases.DescribePostgresAsync());
Terminal.Show(findings, machine);
if (arguments.Writes) Report.Write(findings, machine, bench);
return findings.AllGood ? 0 : 1;
