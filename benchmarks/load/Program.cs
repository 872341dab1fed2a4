using Exeunt.LoadBench;
using Exeunt.LoadBench.Measures;
using Exeunt.LoadBench.Processes;
using Exeunt.LoadBench.Results;

if (args is [Variant.Command, var address, var data, var largestBatch])
{
    await Variant.RunAsync(address, data, int.Parse(largestBatch));
    return 0;
}

if (Arguments.Read(args) is not { } arguments) return 2;

var bench = arguments.ToBench();
var findings = Findings.None;
var programs = await Programs.PublishAsync(bench);
var measures = new Dictionary<string, Func<Task<Findings>>>
{
    ["primitives"] = () => Task.FromResult(Primitives.Measure(bench)),
    ["start"] = () => Start.MeasureAsync(bench, programs),
    ["logout-all"] = () => LogoutAll.MeasureAsync(bench, programs),
    ["group-commit"] = async () => await GroupCommit.MeasureAsync(bench) + await GroupCommitOverHttp.MeasureAsync(bench),
    ["routes"] = () => Routes.MeasureAsync(bench, programs),
};
foreach (var (name, measure) in measures)
{
    if (arguments.Only is null || arguments.Only == name) findings += await measure();
}

var machine = Machine.Describe(bench);
Terminal.Show(findings, machine);
if (arguments.Writes) Report.Write(findings, machine, bench);
return findings.AllGood ? 0 : 1;
