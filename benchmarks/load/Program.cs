using Exeunt.LoadBench;
using Exeunt.LoadBench.Measures;
var bench = new Bench(3, 0.5, "/work/wt-bench/artifacts/bench", "/work/wt-bench");
var f = await GroupCommit.MeasureAsync(bench);
foreach (var r in f.Ratios) Console.WriteLine(r);
foreach (var r in f.Figures) Console.WriteLine(r);
