using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Exeunt.EndToEnd.Support;

/// <summary>The real executable as a process of its own, on a free port and a data folder.</summary>
public sealed partial class ExeuntProcess : IAsyncDisposable
{
    private const string Terminal = "/usr/bin/script";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PatienceWithBuild = TimeSpan.FromMinutes(5);

    private readonly Process process;
    private readonly ConcurrentQueue<string> output = new();
    private readonly TaskCompletionSource<Uri> listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource printed = NewSignal();

    private readonly string? saysListening;

    private ExeuntProcess(
        IEnumerable<string> arguments, IReadOnlyDictionary<string, string?> environment, int? openFiles = null, string? executable = null, string? saysListening = null)
    {
        this.saysListening = saysListening;
        executable ??= Executable;

        // The limit must be there before the process is; prlimit becomes it.
        var start = new ProcessStartInfo(openFiles is null ? executable : "prlimit", openFiles is null ? arguments : [$"--nofile={openFiles}:{openFiles}", executable, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        start.Environment["Exeunt__Journal__Deadline"] = "00:00:30"; // a machine that is busy with other tests is slow, and not without its ledger
        foreach (var (name, value) in environment) start.Environment[name] = value;
        process = new() { StartInfo = start, EnableRaisingEvents = true };
        process.OutputDataReceived += (_, line) => Heard(line.Data);
        process.ErrorDataReceived += (_, line) => Heard(line.Data);
        process.Exited += (_, _) => listening.TrySetException(new InvalidOperationException("The server ended before it listened."));
        process.Start();
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>The executable, as the build put it beside the tests.</summary>
    public static string Executable { get; } = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "Exeunt.Server.exe" : "Exeunt.Server");

    /// <summary>Its process id.</summary>
    public int Id => process.Id;

    /// <summary>Where it listens, with a slash at the end.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>What it printed on both channels, so far.</summary>
    public string Output => string.Join('\n', output);

    /// <summary>Whether it has ended, by itself or not.</summary>
    public bool HasExited => process.HasExited;

    /// <summary>Runs <c>serve</c> on a free port and waits until it says that it listens and answers <c>/healthz</c>.</summary>
    /// <param name="dataFolder">Its data folder.</param>
    /// <param name="environment">Variables besides those of this process: <c>Exeunt__Accounts__Registration</c>.</param>
    /// <param name="arguments">More arguments of <c>serve</c>.</param>
    public static Task<ExeuntProcess> ServeAsync(string dataFolder, IReadOnlyDictionary<string, string?>? environment = null, params string[] arguments) =>
        ServeAsync(dataFolder, openFiles: null, environment, arguments);

    /// <summary>The same within a limit to the files that it may have open, connections among them.</summary>
    public static Task<ExeuntProcess> ServeAsync(string dataFolder, int? openFiles, IReadOnlyDictionary<string, string?>? environment = null, params string[] arguments) =>
        BegunAsync(new ExeuntProcess(["serve", "--urls", "http://127.0.0.1:0", "--data", dataFolder, .. arguments], environment ?? new Dictionary<string, string?>(), openFiles));

    private static async Task<ExeuntProcess> BegunAsync(ExeuntProcess server, TimeSpan? patience = null)
    {
        try
        {
            server.Address = await server.listening.Task.WaitAsync(patience ?? Patience);
            using var client = server.Client();
            using var healthy = await client.GetAsync("healthz");
            healthy.EnsureSuccessStatusCode();
            return server;
        }
        catch (Exception failure)
        {
            var said = server.Output;
            await server.DisposeAsync();
            throw new InvalidOperationException($"The server did not start. It said:\n{said}", failure);
        }
    }

    /// <summary>Runs <c>./run</c> of the repository, as a person does, on a free port and a data folder.</summary>
    public static Task<ExeuntProcess> RunScriptAsync(string dataFolder) =>
        BegunAsync(new ExeuntProcess(["--urls", "http://127.0.0.1:0", "--data", dataFolder], new Dictionary<string, string?>(), executable: Path.Combine(Repository.Root, "run")), PatienceWithBuild);

    /// <summary>Runs another web application that the build put beside the tests, and waits until it calls itself healthy.</summary>
    /// <param name="name">Its executable.</param>
    /// <param name="environment">Variables besides those of this process.</param>
    public static async Task<ExeuntProcess> StartSampleAsync(string name, IReadOnlyDictionary<string, string?> environment)
    {
        var urls = new Dictionary<string, string?>(environment) { ["ASPNETCORE_URLS"] = "http://127.0.0.1:0" };
        var sample = new ExeuntProcess([], urls, executable: Path.Combine(AppContext.BaseDirectory, name), saysListening: "Now listening on"); // it names its server's address, too
        sample.Address = await sample.listening.Task.WaitAsync(Patience);
        using var client = sample.Client();
        using var polling = new Polling(Patience);
        while (!(await client.GetAsync("healthz", polling.IsOver)).IsSuccessStatusCode)
            if (!await polling.AgainAsync()) Assert.Fail(sample.Output);
        return sample;
    }

    /// <summary>Starts a command and does not wait for anything.</summary>
    public static ExeuntProcess Start(IEnumerable<string> arguments, IReadOnlyDictionary<string, string?> environment) => new(arguments, environment);

    /// <summary>Whether there is script(1), which gives a command a terminal.</summary>
    public static bool HasTerminal => File.Exists(Terminal);

    /// <summary>The same on a terminal, as when a person types it.</summary>
    public static ExeuntProcess StartOnTerminal(IEnumerable<string> arguments, IReadOnlyDictionary<string, string?> environment) => new(
        ["--quiet", "--return", "--command", string.Join(' ', arguments.Prepend(Executable).Select(word => $"'{word}'")), "/dev/null"],
        new Dictionary<string, string?>(environment) { ["TERM"] = "xterm" },
        executable: Terminal);

    /// <summary>Runs a command to its end.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null)
    {
        await using var command = new ExeuntProcess(arguments, environment ?? new Dictionary<string, string?>());
        await command.process.WaitForExitAsync().WaitAsync(Patience);
        command.listening.Task.Exception?.Handle(_ => true);
        return (command.process.ExitCode, command.Output);
    }

    /// <summary>A client for it, without cookies or redirects.</summary>
    public HttpClient Client() => new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = Address };

    /// <summary>Waits until it has printed these words, on either channel.</summary>
    public Task SaysAsync(string words) => SaysAsync(() => Output.Contains(words, StringComparison.Ordinal));

    /// <summary>Waits until this is so of what it has printed; asked again after each line.</summary>
    public async Task SaysAsync(Func<bool> isSo)
    {
        while (true)
        {
            var next = printed.Task;
            if (isSo()) return;
            await next.WaitAsync(Patience);
        }
    }

    /// <summary>Ends it as a power cut would: no handler of the process runs.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync().WaitAsync(Patience);
    }

    /// <summary>Asks it to end, as an init system does (SIGTERM), and gives its exit code.</summary>
    public async Task<int> StopAsync()
    {
        using (var kill = Process.Start("kill", ["-TERM", process.Id.ToString()])) await kill.WaitForExitAsync();
        await process.WaitForExitAsync().WaitAsync(Patience);
        return process.ExitCode;
    }

    /// <summary>To a process, a limit to the size of its files is a disk without room. The soft limit needs no privilege.</summary>
    /// <param name="bytes">What no file of it may grow beyond; null for no limit.</param>
    public async Task LimitFilesAsync(long? bytes)
    {
        using var prlimit = Process.Start("prlimit", ["--pid", $"{process.Id}", $"--fsize={(bytes is { } most ? $"{most}" : "unlimited")}:"]);
        await prlimit.WaitForExitAsync().WaitAsync(Patience);
        if (prlimit.ExitCode != 0) throw new InvalidOperationException("prlimit has failed.");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited) await KillAsync();
        listening.Task.Exception?.Handle(_ => true);
        process.Dispose();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Heard(string? line)
    {
        if (line is null) return;
        output.Enqueue(line);
        Interlocked.Exchange(ref printed, NewSignal()).TrySetResult();
        if (saysListening is not null && !line.Contains(saysListening, StringComparison.Ordinal)) return;
        if (ListeningAt().Match(line) is { Success: true } match) listening.TrySetResult(new(match.Value + "/"));
    }

    // Whatever the sentence is: the first address with the port that was really taken.
    [GeneratedRegex(@"http://127\.0\.0\.1:[1-9][0-9]*", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ListeningAt();
}
