using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Exeunt.LoadBench.Load;

namespace Exeunt.LoadBench.Processes;

/// <summary>A server as a process of its own, on a free port of the loopback device.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PatienceWithBuild = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(1);

    private readonly Process process;
    private readonly bool isScript;
    private readonly List<string> output = [];

    private ServerProcess(ProcessStartInfo start, IPEndPoint address, bool isScript = false)
    {
        this.isScript = isScript;
        Address = address;
        Started = Stopwatch.GetTimestamp();
        process = new() { StartInfo = start };
        process.OutputDataReceived += (_, line) => Heard(line.Data);
        process.ErrorDataReceived += (_, line) => Heard(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Address { get; }

    /// <summary>How long it took from asking the operating system for a process to the first 200.</summary>
    public TimeSpan UntilReady { get; private set; }

    /// <summary>Processor time that it has used so far, on all cores.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            process.Refresh();
            return process.TotalProcessorTime;
        }
    }

    private long Started { get; }

    /// <summary>Starts a program and waits until a path of it answers 200.</summary>
    /// <param name="program">The executable.</param>
    /// <param name="arguments">Given the address to listen on, its arguments.</param>
    /// <param name="path">What is asked for.</param>
    /// <param name="environment">What it is told besides.</param>
    public static async Task<ServerProcess> StartAsync(
        string program, Func<string, IEnumerable<string>> arguments, string path, IReadOnlyDictionary<string, string>? environment = null)
    {
        var address = FreePort();
        var start = StartOf(program, arguments($"http://{address}"));
        start.Environment["ASPNETCORE_URLS"] = $"http://{address}";
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Production";
        start.Environment["Exeunt__Server__Issuer"] = Prepared.Kernel.Issuer;
        start.Environment["Exeunt__Sessions__PerAccount"] = $"{Prepared.Kernel.SessionsPerAccount}";
        start.Environment["Exeunt__Journal__Deadline"] = "00:00:30"; // what is measured is the ledger, however slow it is, and never the journal in its place
        start.Environment["Logging__LogLevel__Default"] = "Warning";

        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;

        return await new ServerProcess(start, address).BegunAsync(Requests.Get(path), Patience);
    }

    /// <summary>Starts a script that becomes a server or has one, after it has built what it needs, and waits until a request is answered 200.</summary>
    /// <param name="script">The script.</param>
    /// <param name="environment">Given the address to listen on, what it is told.</param>
    /// <param name="request">What is asked for.</param>
    public static async Task<ServerProcess> StartScriptAsync(string script, Func<IPEndPoint, IReadOnlyDictionary<string, string>> environment, byte[] request)
    {
        var address = FreePort();
        var start = StartOf(script, []);
        foreach (var (name, value) in environment(address)) start.Environment[name] = value;
        return await new ServerProcess(start, address, isScript: true).BegunAsync(request, PatienceWithBuild);
    }

    /// <summary>Memory of the machine that it has at this moment, in bytes.</summary>
    public long ResidentMemory
    {
        get
        {
            process.Refresh();
            return process.WorkingSet64;
        }
    }

    /// <summary>Bytes that this process has caused to be written to disk so far, as the kernel counts them; null where it does not say.</summary>
    public long? BytesWritten()
    {
        const string Name = "write_bytes: ";
        var file = $"/proc/{process.Id}/io";
        return File.Exists(file) && File.ReadLines(file).FirstOrDefault(line => line.StartsWith(Name, StringComparison.Ordinal)) is { } line
            ? long.Parse(line.AsSpan(Name.Length)) : null;
    }

    /// <summary>Waits until it has nothing to do any more: what it does after an answer is not to disturb the next measurement.</summary>
    public async Task SettleAsync()
    {
        var (look, idle, longest) = (TimeSpan.FromMilliseconds(150), TimeSpan.FromMilliseconds(20), Stopwatch.GetTimestamp());
        TimeSpan before;
        do
        {
            before = ProcessorTime;
            await Task.Delay(look);
        }
        while (ProcessorTime - before > idle && Stopwatch.GetElapsedTime(longest) < Patience);
    }

    public async ValueTask DisposeAsync()
    {
        // A script that serves has something to clean up, so it is asked to end. One that still builds would leave its builders behind.
        if (isScript && UntilReady > TimeSpan.Zero && !process.HasExited) await AskToEndAsync();
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: isScript);
            await process.WaitForExitAsync().WaitAsync(Patience);
        }

        process.Dispose();
    }

    private static ProcessStartInfo StartOf(string program, IEnumerable<string> arguments) => new(program, arguments)
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        UseShellExecute = false,
        WorkingDirectory = Path.GetDirectoryName(program),
    };

    private async Task AskToEndAsync()
    {
        using (var kill = Process.Start("kill", ["-TERM", $"{process.Id}"])) await kill.WaitForExitAsync().WaitAsync(Patience);
        await process.WaitForExitAsync().WaitAsync(Patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // who does not hear is killed
    }

    private async Task<ServerProcess> BegunAsync(byte[] request, TimeSpan patience)
    {
        try
        {
            await WaitUntilReadyAsync(request, patience);
            return this;
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    private async Task WaitUntilReadyAsync(byte[] request, TimeSpan patience)
    {
        while (true)
        {
            try
            {
                using var connection = Connection.Open(Address);
                if (connection.Ask(request).Status == 200)
                {
                    UntilReady = Stopwatch.GetElapsedTime(Started);
                    return;
                }
            }
            catch (Exception notYet) when (notYet is SocketException or IOException)
            {
                // Nobody listens yet, or the server is still starting.
            }

            if (process.HasExited || Stopwatch.GetElapsedTime(Started) > patience)
                throw new InvalidOperationException($"{process.StartInfo.FileName} did not become ready. It said:\n{Said()}");
            await Task.Delay(BetweenTries);
        }
    }

    private void Heard(string? line)
    {
        if (line is null) return;
        lock (output) output.Add(line);
    }

    private string Said()
    {
        lock (output) return string.Join('\n', output);
    }

    private static IPEndPoint FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return (IPEndPoint)socket.LocalEndPoint!;
    }
}
