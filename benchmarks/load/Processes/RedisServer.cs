using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Exeunt.LoadBench.Processes;

/// <summary>A real Redis of this run's own on a free port of the loopback device, in memory alone, filled with ended sessions.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private const string Program = "redis-server";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(20);

    private readonly Process process;

    private RedisServer(string folder)
    {
        Port = FreePort();
        process = Process.Start(new ProcessStartInfo(Program, ["--port", $"{Port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder, "--loglevel", "warning"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _ = process.StandardOutput.ReadToEndAsync(); // so that it never waits for a reader
        _ = process.StandardError.ReadToEndAsync();
    }

    public int Port { get; }

    /// <summary>Starts it with so many ended sessions, these among them; null where Redis is not installed.</summary>
    public static async Task<RedisServer?> StartAsync(Bench bench, int count, IReadOnlyList<string> sessions)
    {
        if (!(Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(place => File.Exists(Path.Combine(place, Program)))) return null;

        bench.Say("Starting Redis");
        var server = new RedisServer(bench.Folder);
        try
        {
            await server.WaitUntilReadyAsync();
            var filled = await server.AskAsync("EVAL", "for i = 1, tonumber(ARGV[1]) do redis.call('SET', 'ended:ses_' .. redis.sha1hex(i), '1') end return 1", "0", $"{count - sessions.Count}");
            var added = await server.AskAsync(["MSET", .. sessions.SelectMany(session => (string[])["ended:" + session, "1"])]);
            return filled == ":1" && added == "+OK" ? server : throw new InvalidOperationException($"Redis was not filled: {filled}, {added}");
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill();
            await process.WaitForExitAsync().WaitAsync(Patience);
        }

        process.Dispose();
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
