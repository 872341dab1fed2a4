using BenchmarkDotNet.Running;

// dotnet run -c Release --project benchmarks/micro -- --filter '*Index*' --job short
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
