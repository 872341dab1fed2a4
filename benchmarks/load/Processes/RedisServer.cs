using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Exeunt.LoadBench.Processes;

/// <summary>A real Redis of this run's own on a free port of the loopback device: in memory alone, or with every change synced to the disk before its answer.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private const string Program = "redis-server";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(20);

    private readonly string folder;
    private readonly Process process;

    private RedisServer(string folder, bool durable)
    {
        this.folder = folder;
        Directory.CreateDirectory(folder);
        Port = FreePort();
        string[] log = durable ? ["--appendonly", "yes", "--appendfsync", "always"] : ["--appendonly", "no"];
        process = Process.Start(new ProcessStartInfo(Program, ["--port", $"{Port}", "--bind", "127.0.0.1", "--save", "", .. log, "--dir", folder, "--loglevel", "warning"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _ = process.StandardOutput.ReadToEndAsync(); // so that it never waits for a reader
        _ = process.StandardError.ReadToEndAsync();
    }

    public static bool IsInstalled => Installed.Has(Program);

    public int Port { get; }

    /// <summary>Starts an empty one; null where Redis is not installed.</summary>
    /// <param name="bench">Where its folder is made.</param>
    /// <param name="durable">Whether a change is on the disk when it is answered (<c>appendfsync always</c>).</param>
    public static async Task<RedisServer?> StartAsync(Bench bench, bool durable)
    {
        if (!IsInstalled) return null;

        bench.Say("Starting Redis");
        var server = new RedisServer(Path.Combine(bench.Folder, Path.GetRandomFileName()), durable);
        try
        {
            await server.WaitUntilReadyAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Fills it with so many ended sessions, these among them.</summary>
    public async Task FillAsync(int count, IReadOnlyList<string> sessions)
    {
        var filled = await AskAsync("EVAL", "for i = 1, tonumber(ARGV[1]) do redis.call('SET', 'ended:ses_' .. redis.sha1hex(i), '1') end return 1", "0", $"{count - sessions.Count}");
        var added = await AskAsync(["MSET", .. sessions.SelectMany(session => (string[])["ended:" + session, "1"])]);
        if (filled != ":1" || added != "+OK") throw new InvalidOperationException($"Redis was not filled: {filled}, {added}");
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill();
            await process.WaitForExitAsync().WaitAsync(Patience);
        }

        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private async Task WaitUntilReadyAsync()
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                if (await AskAsync("PING") == "+PONG") return;
            }
            catch (SocketException) when (!process.HasExited && Stopwatch.GetElapsedTime(started) < Patience)
            {
                await Task.Delay(BetweenTries); // it is still starting
            }
        }
    }

    private async Task<string?> AskAsync(params string[] words)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"*{words.Length}\r\n{string.Concat(words.Select(word => $"${word.Length}\r\n{word}\r\n"))}"));
        using var reader = new StreamReader(stream, Encoding.ASCII);
        return await reader.ReadLineAsync().WaitAsync(Patience);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
