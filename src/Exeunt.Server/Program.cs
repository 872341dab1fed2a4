using Exeunt.Server;

// Commands/ replaces this by the whole command line.
var app = await ServerHost.BuildAsync(new("http://127.0.0.1:8080", "./data", new Dictionary<string, string?>()), null, CancellationToken.None);
await app.RunAsync();
