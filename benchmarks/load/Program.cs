using Exeunt.LoadBench;
using Exeunt.LoadBench.Measures;
using Exeunt.LoadBench.Processes;
var bench = new Bench(3, 0.5, "/work/wt-bench/artifacts/bench", "/work/wt-bench");
var programs = await Programs.PublishAsync(bench);
var f = await Start.MeasureAsync(bench, programs);
foreach (var r in f.Ratios) Console.WriteLine(r);
foreach (var r in f.Figures) Console.WriteLine(r);
